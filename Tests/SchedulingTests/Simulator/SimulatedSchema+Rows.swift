@testable import Scheduling

extension SimulatedSchema {
    /// What a lookup of references knows of a parent.
    struct ParentState {
        var isPresent: [Bool]
        /// Rows that are not in the target and may come.
        var isAwaited: [Bool]
    }

    /// Reads what there is of an entity, for those that refer to it.
    func parentState(of entity: Int) -> ParentState {
        var state = ParentState(isPresent: self.rows[entity].isPresent, isAwaited: self.rows[entity].isPending)
        for shard in self.places[entity].lazy.map({ self.shards[$0] }) where shard.entry.kind == .copy {
            let isRetried = shard.entry.state.isOpen && self.scenario.planted != .forgottenRetries
            if isRetried || shard.entry.state == .failed { for row in shard.rows { state.isAwaited[row] = true } }
        }
        return state
    }

    func isPoisoned(_ id: ShardID) -> Bool {
        let shard = self[id]
        return shard.rows.contains { self.rows[shard.entity].isPoisoned[$0] }
    }

    /// A slot opens the transaction of an attempt.
    mutating func open(_ lease: LeaseID) {
        self.transactions[lease] = Transaction()
    }

    /// It, its session or its process ends without a commit.
    mutating func rollBack(_ lease: LeaseID) {
        self.transactions[lease] = nil
    }

    func isOpen(_ lease: LeaseID) -> Bool {
        self.transactions[lease] != nil
    }

    /// The last statement of an attempt; where it holds, the shard's row is locked until the end.
    mutating func fence(_ id: ShardID, _ lease: LeaseID) -> Bool {
        self.transactions[lease]?.locked = id
        if self.scenario.planted == .unfencedCommit { return true }
        guard self.holds(lease, id) else {
            self.fencesRefused += 1
            return false
        }
        if self.status == .cancelled { self.violations.append("\(id) was fenced after the run was cancelled") }
        if self.spent[lease] != nil { self.violations.append("\(id) was fenced under a lease that had ended") }
        return true
    }

    /// - Parameters:
    ///   - id: The shard.
    ///   - lease: The claim it was worked on under.
    ///   - snapshot: The number of the snapshot that its rows were read under.
    ///   - seen: What its references were resolved with, by entity.
    ///   - rest: What is left to others, in parts; none where the range was read to its end.
    mutating func commit(
        _ id: ShardID,
        _ lease: LeaseID,
        snapshot: Int,
        seen: [Int: ParentState],
        leaving rest: [[Int]] = []
    ) {
        self.transactions[lease] = nil
        let whole = self[id]
        self.yield(rest, of: id)
        let shard = self.scenario.planted == .keptRest ? whole : self[id]
        self.change(id, to: .done)
        self[id].commits += 1
        if shard.commits > 0 { self.violations.append("\(id) was committed twice") }
        guard !shard.entry.kind.isTask else { return self.advance(shard) }
        if shard.entry.kind != .fill {
            self.readSnapshots.insert(snapshot)
            self.checkOrder(of: shard)
        }
        for row in shard.rows { self.write(row, of: shard, seen: seen) }
    }

    /// Ends a shard's range before the rest, and makes shards of that.
    private mutating func yield(_ rest: [[Int]], of id: ShardID) {
        guard !rest.isEmpty else { return }
        let shard = self[id]
        let keys = self.scenario.keys[shard.entity]
        let kept = shard.rows.filter { row in !rest.contains { $0.contains(row) } }
        // Right behind the last row, wherever the next one is.
        let lowers = [keys[kept.last!] + 1] + rest.dropFirst().map { keys[$0[0]] }
        let uppers = lowers.dropFirst().map(Optional.some) + [shard.entry.range.upper]
        for (place, rows) in rest.enumerated() {
            let range = KeyRange(lower: lowers[place], upper: uppers[place])
            let part = self.add(shard.entity, .copy, range, rows: rows, origin: shard.entry.origin ?? id)
            self[id].parts.append(part)
        }
        self[id].rows = kept
        self[id].entry.range.upper = lowers[0]
        self.yields += 1
    }

    private mutating func write(_ row: Int, of shard: Shard, seen: [Int: ParentState]) {
        let entity = self.scenario.entities[shard.entity]
        guard shard.entry.kind != .fill else {
            let isResolved = entity.deferredParents.map(self.scenario.place)
                .allSatisfy { seen[$0]!.isPresent[self.scenario.parent(of: row, in: $0)] }
            if isResolved, self.rows[shard.entity].isPresent[row] { self.rows[shard.entity].isFilled[row] = true }
            return
        }
        // A replay takes up open rejects only, and holds them: another one may have brought the row meanwhile.
        if shard.entry.kind == .replay, !self.rows[shard.entity].isPending[row] { return }
        if self.rows[shard.entity].isPresent[row] {
            self.violations.append("row \(row) of \(entity.name) was written twice")
        }
        var isComplete = true
        for parent in entity.dependencies.map(self.scenario.place) {
            let key = self.scenario.parent(of: row, in: parent)
            guard !seen[parent]!.isPresent[key] else { continue }
            isComplete = false
            if !seen[parent]!.isAwaited[key] {
                self.violations.append("row \(row) of \(entity.name) was called an orphan by \(shard.entry.id)")
            }
        }
        self.rows[shard.entity].isPresent[row] = isComplete
        self.rows[shard.entity].isPending[row] = !isComplete
    }

    /// Children come after their parents, unless an operator's retry opened a parent again.
    private mutating func checkOrder(of shard: Shard) {
        guard !self.wasRetried else { return }
        for parent in self.scenario.entities[shard.entity].dependencies {
            let isUnsettled = self.places[self.scenario.place(of: parent)]
                .map { self.shards[$0] }
                .contains { shard in
                    let isAwaited =
                        switch shard.entry.kind {
                        case .copy, .replay: true
                        case .fill: false
                        case .index, .constraint, .validate: self.isAwaitedByDependents(shard)
                        }
                    return isAwaited && shard.entry.state.isOpen
                }
            if isUnsettled {
                self.violations.append("\(shard.entry.entity) was written before \(parent) had settled")
            }
        }
    }

    /// Makes a `replay` shard of the rows that waited for a parent and are in no open replay.
    mutating func planReplays(of entity: EntityName, term: Int) throws(TermLost) -> [ShardID] {
        try self.confirm(term)
        let place = self.scenario.place(of: entity)
        var isWanted = self.rows[place].isPending
        for shard in self.shards(of: place) where shard.entry.kind == .replay && shard.entry.state.isOpen {
            for row in shard.rows { isWanted[row] = false }
        }
        let rows = isWanted.indices.filter { isWanted[$0] }
        return rows.isEmpty ? [] : [self.add(place, .replay, KeyRange(lower: nil, upper: nil), rows: rows)]
    }

    /// Whether a statement on an entity's fills would wait for a row that a fence has locked.
    func isLocked(_ entity: EntityName) -> Bool {
        self.transactions.values.contains { transaction in
            transaction.locked.map { self[$0].entry.entity == entity && self[$0].entry.kind == .fill } ?? false
        }
    }

    /// Makes fills that are done or at work pending.
    mutating func reopenFills(of entity: EntityName, term: Int) throws(TermLost) -> [ShardID] {
        try self.confirm(term)
        var reopened: [ShardID] = []
        for shard in self.shards(of: self.scenario.place(of: entity)) where shard.entry.kind == .fill {
            switch shard.entry.state {
            case .done, .leased:
                self.change(shard.entry.id, to: .pending(notBefore: nil))
                self[shard.entry.id].commits = 0
                reopened.append(shard.entry.id)
            case .pending, .failed, .split:
                break
            }
        }
        return reopened
    }
}

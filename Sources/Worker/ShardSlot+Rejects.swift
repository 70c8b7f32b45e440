import Catalog
import ControlProtocol
import ControlStore
import Postgres
import RowPipeline
import Scheduling

extension ShardSlot {
    /// Sends the rejects, with the source rows where the plan keeps them.
    func writeRejects(of pass: inout CopyPass) throws(AttemptFailure) {
        let job = pass.job
        let isReplay = job.assignment.kind == .replay
        if pass.mergeKey != nil, !isReplay { try self.resolveMerged(&pass) }
        guard !pass.rejects.isEmpty else { return }
        for start in stride(from: 0, to: pass.rejects.count, by: Self.rejectsAtOnce) {
            try self.checkCancelled()
            let rejects = pass.rejects[start..<min(start + Self.rejectsAtOnce, pass.rejects.count)]
            if isReplay {
                try self.replayRejects(rejects, of: &pass)
            } else {
                let lines = rejects.map { pass.line(of: $0, isKept: pass.keptKeys.contains($0.key)) }
                try self.send(lines, to: job.assignment.shard, job)
            }
        }
    }

    /// Sends the rejects of a replay, but for those that say again what an open one says.
    private func replayRejects(_ rejects: ArraySlice<RejectedRow>, of pass: inout CopyPass) throws(AttemptFailure) {
        let job = pass.job
        let rows = job.keepsRejectedRows ? try self.readSourceRows(of: rejects.map(\.key), job) : [:]
        var copy = RejectCopy(run: job.run, entity: job.assignment.entity, shard: job.assignment.shard)
        for reject in rejects {
            // What a replay merges was kept by the merge that rejected it.
            let line = pass.line(of: reject, isKept: pass.keptKeys.contains(reject.key) || pass.mergeKey != nil)
            if pass.replay.repeats(reject, column: line.column, sourceRow: rows[reject.key]) { continue }
            copy.append(line, sourceRow: rows[reject.key])
        }
        guard copy.count > 0 else { return }
        try self.on(.target) { () throws(PostgresError) in
            try self.target!.copyIn(RejectCopy.sql)
            try self.target!.writeCopy(copy.bytes.span.bytes)
            try self.target!.endCopy()
        }
    }

    /// Source rows are fetched for so many rejects at once, which bounds the statement's length.
    static let rejectsAtOnce = 1000

    /// From so many bytes on a source row goes from where libpq has put it to libpq (safe from 4 KiB on).
    private static let wideSourceRow = 64 << 10

    /// Sends rejects, with the source rows where the plan keeps them.
    ///
    /// The rows come by the source's COPY and go into the target's as they are, one after the other: what one server
    /// writes the other reads. So a worker holds one of them at a time.
    func send(_ rejects: [RejectLine], to shard: ShardID, _ job: ShardJob) throws(AttemptFailure) {
        guard !rejects.isEmpty else { return }
        var copy = RejectCopy(run: job.run, entity: job.assignment.entity, shard: shard)
        var waiting = Dictionary(grouping: rejects, by: \.key)
        try self.on(.target) { () throws(PostgresError) in try self.target!.copyIn(RejectCopy.sql) }
        if job.keepsRejectedRows {
            try self.forEachSourceRow(of: rejects.map(\.key), job) { (key, row) throws(AttemptFailure) in
                for reject in waiting.removeValue(forKey: key) ?? [] { try self.send(reject, row, &copy) }
            }
        }
        for reject in rejects where waiting[reject.key] != nil {
            copy.append(reject, sourceRow: nil)
        }
        try self.on(.target) { () throws(PostgresError) in
            try self.target!.writeCopy(copy.bytes.span.bytes)
            try self.target!.endCopy()
        }
    }

    private func send(_ reject: RejectLine, _ row: RawSpan, _ copy: inout RejectCopy) throws(AttemptFailure) {
        let isWide = row.byteCount >= Self.wideSourceRow
        if isWide { copy.begin(reject) } else { copy.append(reject, copiedRow: row) }
        guard isWide || copy.bytes.count >= Self.wideSourceRow else { return }
        try self.on(.target) { () throws(PostgresError) in
            try self.target!.writeCopy(copy.bytes.span.bytes)
            if isWide { try self.target!.writeCopy(row) }
        }
        copy.removeAll()
        if isWide { copy.end(reject) }
    }

    /// Visits the whole rows of the base table, as JSON in COPY's text form, by key.
    ///
    /// A row that can't even be sent as text (bytes that are no characters) is left out.
    private func forEachSourceRow(
        of keys: [Int64],
        _ job: ShardJob,
        _ body: (Int64, RawSpan) throws(AttemptFailure) -> Void
    ) throws(AttemptFailure) {
        var parts = [keys]
        var left = Set(keys)
        while let part = parts.popLast() {
            do throws(AttemptFailure) {
                try self.copySourceRows(of: part, job) { (key, row) throws(AttemptFailure) in
                    left.remove(key)
                    try body(key, row)
                }
            } catch {
                guard error.isUnreadableRow else { throw error }
                try self.rewindSource()
                let others = part.filter { left.contains($0) }
                guard part.count > 1, !others.isEmpty else { continue }
                let half = others.count / 2
                parts += [Array(others.dropFirst(half)), Array(others.prefix(half))].filter { !$0.isEmpty }
            }
        }
    }

    private func copySourceRows(
        of keys: [Int64],
        _ job: ShardJob,
        _ body: (Int64, RawSpan) throws(AttemptFailure) -> Void
    ) throws(AttemptFailure) {
        let statement = "COPY (\(job.entity.sourceRowsStatement(keys: keys))) TO STDOUT"
        try self.on(.source) { () throws(PostgresError) in try self.source!.copyOut(statement) }
        defer { self.forgetInput(self.input.count) }
        while true {
            self.forgetInput(self.input.count)
            try self.checkCancelled()
            let read = try self.on(.source) { () throws(PostgresError) in
                try self.source!.readCopy(into: &self.input, until: .max, rowLimit: 1)
            }
            guard case .more = read else { return }
            self.noteWideInput(self.input.count)
            let line = self.input.bytes
            let head = (0..<min(line.byteCount, 32)).map { line.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
            guard let tab = head.firstIndex(of: UInt8(ascii: "\t")),
                let key = Int64(String(decoding: head[..<tab], as: UTF8.self))
            else {
                throw AttemptFailure(.fault, side: .source, message: "a source row came without its key")
            }
            // Behind the row stands the line's end.
            try body(key, line.extracting((tab + 1)..<(line.byteCount - 1)))
        }
    }

    /// The whole rows of the base table, as JSON text, by key.
    ///
    /// A row that can't even be sent as text (bytes that are no characters) leaves its reject without one.
    private func readSourceRows(of keys: [Int64], _ job: ShardJob) throws(AttemptFailure) -> [Int64: String] {
        let statement = job.entity.sourceRowsStatement(keys: keys)
        do throws(AttemptFailure) {
            let result = try self.on(.source) { () throws(PostgresError) in try self.source!.query(statement) }
            var rows: [Int64: String] = [:]
            for row in result.rows {
                if let key = row.integer(0), let text = row.text(1) { rows[key] = text }
            }
            return rows
        } catch {
            guard error.isUnreadableRow else { throw error }
            try self.rewindSource()
            guard keys.count > 1 else { return [:] }
            let first = try self.readSourceRows(of: Array(keys.prefix(keys.count / 2)), job)
            let second = try self.readSourceRows(of: Array(keys.dropFirst(keys.count / 2)), job)
            return first.merging(second) { row, _ in row }
        }
    }
}

extension CopyPass {
    /// A reject as it is stored, without its source row.
    fileprivate borrowing func line(of reject: RejectedRow, isKept: Bool) -> RejectLine {
        RejectLine(
            key: reject.key,
            reason: reject.reason.code,
            column: reject.column.map { self.columnName($0) },
            detail: reject.detail,
            parentEntity: reject.parent?.entity,
            parentKey: reject.parent?.key,
            isKept: isKept
        )
    }
}

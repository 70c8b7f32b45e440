/// A set of 64-bit ids in containers of 2^16, about one bit per id where they are dense.
///
/// Each container is kept as runs, as a sorted array or as a bitmap, whichever the ids ask for, so that an outlier costs one
/// small container and not a bitmap up to it. Inserting in ascending order is the fast path. A value type: copies share
/// their storage, so that the slots of a worker read one set.
package struct PresenceSet: Sendable {
    /// In ascending order of `key`, none of them empty.
    var chunks: [PresenceChunk] = []
    package private(set) var count = 0

    package init() {}

    /// The set of some ids.
    package init(_ ids: some Sequence<Int64>) {
        for id in ids { self.insert(id) }
    }

    init(chunks: [PresenceChunk]) {
        self.chunks = chunks
        self.count = chunks.reduce(0) { $0 + $1.count }
    }

    package var isEmpty: Bool {
        self.count == 0
    }

    /// Adds an id and tells whether it is new.
    @discardableResult
    package mutating func insert(_ id: Int64) -> Bool {
        let key = id >> 16
        let low = UInt16(truncatingIfNeeded: id)
        var index = self.chunks.count - 1
        if index < 0 || self.chunks[index].key != key {
            index = self.position(of: key)
            if index == self.chunks.count || self.chunks[index].key != key {
                self.chunks.insert(PresenceChunk(key: key), at: index)
            }
        }
        let isNew = self.chunks[index].insert(low)
        if isNew { self.count += 1 }
        return isNew
    }

    /// Removes an id and tells whether it was there.
    @discardableResult
    package mutating func remove(_ id: Int64) -> Bool {
        let index = self.position(of: id >> 16)
        guard index < self.chunks.count, self.chunks[index].key == id >> 16,
            self.chunks[index].remove(UInt16(truncatingIfNeeded: id))
        else { return false }
        if self.chunks[index].count == 0 { self.chunks.remove(at: index) }
        self.count -= 1
        return true
    }

    /// Whether an id is in the set.
    package func contains(_ id: Int64) -> Bool {
        var cursor = Cursor()
        return self.contains(id, near: &cursor)
    }

    /// Like `contains(_:)`, beginning in the container of the last question; for readers that share a set.
    package func contains(_ id: Int64, near cursor: inout Cursor) -> Bool {
        let key = id >> 16
        if cursor.index >= self.chunks.count || self.chunks[cursor.index].key != key {
            let index = self.position(of: key)
            guard index < self.chunks.count, self.chunks[index].key == key else { return false }
            cursor.index = index
        }
        return self.chunks[cursor.index].contains(UInt16(truncatingIfNeeded: id))
    }

    /// Adds every id of another set.
    package mutating func formUnion(_ other: PresenceSet) {
        if self.isEmpty {
            self = other
            return
        }
        guard let first = other.chunks.first, let last = self.chunks.last else { return }
        if last.key < first.key {
            // The usual case, because shards are read in the order of their keys.
            self.chunks += other.chunks
            self.count += other.count
            return
        }
        var merged: [PresenceChunk] = []
        merged.reserveCapacity(max(self.chunks.count, other.chunks.count))
        var left = 0
        var right = 0
        while left < self.chunks.count || right < other.chunks.count {
            if right == other.chunks.count
                || left < self.chunks.count && self.chunks[left].key < other.chunks[right].key
            {
                merged.append(self.chunks[left])
                left += 1
            } else if left == self.chunks.count || other.chunks[right].key < self.chunks[left].key {
                merged.append(other.chunks[right])
                right += 1
            } else {
                merged.append(self.chunks[left].union(other.chunks[right]))
                left += 1
                right += 1
            }
        }
        self = PresenceSet(chunks: merged)
    }

    /// Calls the closure with every id in ascending order.
    package func visit(_ body: (Int64) -> Void) {
        for chunk in self.chunks {
            chunk.visit { body(chunk.key << 16 | Int64($0)) }
        }
    }

    /// Index of the first chunk whose key is not below the given one.
    private func position(of key: Int64) -> Int {
        var lower = 0
        var upper = self.chunks.count
        while lower < upper {
            let middle = (lower + upper) / 2
            if self.chunks[middle].key < key { lower = middle + 1 } else { upper = middle }
        }
        return lower
    }
}

extension PresenceSet {
    /// Where a reader found its last id.
    package struct Cursor: Sendable {
        var index = 0

        package init() {}
    }
}

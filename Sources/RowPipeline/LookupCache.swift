/// UUIDs that were read from the target, least recently used first to go.
///
/// Entries are dropped only between batches, so that a batch with more distinct ids than the capacity still finds all.
struct LookupCache: Sendable {
    private struct Entry: Sendable {
        var id: Int64
        var uuid: UUIDValue
        var newer: Int
        var older: Int
    }

    private let capacity: Int
    private var slots: [Int64: Int] = [:]
    private var entries: [Entry] = []
    private var free: [Int] = []
    private var newest = -1
    private var oldest = -1
    /// Ids without a row in the target, forgotten with the batch: the row may come meanwhile.
    private var absent: Set<Int64> = []
    private(set) var hits = 0
    private(set) var misses = 0

    init(capacity: Int) {
        self.capacity = max(capacity, 1)
    }

    var count: Int {
        self.slots.count
    }

    /// Forgets what the last batch found absent and what is too much.
    mutating func beginBatch() {
        self.absent.removeAll(keepingCapacity: true)
        while self.slots.count > self.capacity {
            let slot = self.oldest
            self.unlink(slot)
            self.slots[self.entries[slot].id] = nil
            self.free.append(slot)
        }
    }

    /// Marks an id as used; false where it has to be looked up.
    mutating func touch(_ id: Int64) -> Bool {
        guard let slot = self.slots[id] else {
            if self.absent.contains(id) { return true }
            self.misses += 1
            return false
        }
        self.hits += 1
        self.unlink(slot)
        self.linkAsNewest(slot)
        return true
    }

    func uuid(of id: Int64) -> UUIDValue? {
        self.slots[id].map { self.entries[$0].uuid }
    }

    mutating func add(_ id: Int64, _ uuid: UUIDValue) {
        self.absent.remove(id)
        if let slot = self.slots[id] {
            self.entries[slot].uuid = uuid
            return
        }
        let entry = Entry(id: id, uuid: uuid, newer: -1, older: -1)
        let slot: Int
        if let reused = self.free.popLast() {
            slot = reused
            self.entries[slot] = entry
        } else {
            slot = self.entries.count
            self.entries.append(entry)
        }
        self.slots[id] = slot
        self.linkAsNewest(slot)
    }

    mutating func addAbsent(_ id: Int64) {
        if self.slots[id] == nil { self.absent.insert(id) }
    }

    private mutating func unlink(_ slot: Int) {
        let entry = self.entries[slot]
        if entry.newer >= 0 { self.entries[entry.newer].older = entry.older } else { self.newest = entry.older }
        if entry.older >= 0 { self.entries[entry.older].newer = entry.newer } else { self.oldest = entry.newer }
    }

    private mutating func linkAsNewest(_ slot: Int) {
        self.entries[slot].newer = -1
        self.entries[slot].older = self.newest
        if self.newest >= 0 { self.entries[self.newest].newer = slot } else { self.oldest = slot }
        self.newest = slot
    }
}

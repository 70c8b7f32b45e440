import RowPipeline

/// UUIDs of consecutive keys.
enum Identities {
    static func ordered(_ count: Int) {
        let identity = OrderedUUID(tag: 20, seed: 99)
        var sum: UInt64 = 0
        for key in 0..<Int64(count) { sum &+= identity.uuid(of: key)?.low ?? 0 }
        precondition(count == 0 || sum != 0, "the work may not be left out")
    }

    static func named(_ count: Int) {
        var identity = NamedUUID(namespace: UUIDValue(high: 0x8a4e_1c52_5b0d_4f6e, low: 1), owner: "orders")
        var sum: UInt64 = 0
        for key in 0..<Int64(count) { sum &+= identity.uuid(of: key).low }
        precondition(count == 0 || sum != 0, "the work may not be left out")
    }
}

/// The bitmap of a shard's keys.
enum Presence {
    static func insert(_ count: Int) {
        var set = PresenceSet()
        for key in 0..<Int64(count) { set.insert(key &+ key / 50) }
        precondition(set.count == count, "every key is new")
    }
}

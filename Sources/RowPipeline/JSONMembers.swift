/// Where the members of a document's outermost object stand, as its check meets them, so that they can be written in the
/// order in which `jsonb` keeps them.
///
/// The server sorts the members of each object by their keys, shorter keys first, and finds out cheaply that they are in order
/// already. To sort them here costs less than its general sort, because most documents have the keys of the one before
/// them. Only the outermost object, because it has the most members, and only keys without escapes, so that their bytes
/// are those that the server compares.
///
/// https://www.postgresql.org/docs/15/datatype-json.html; `uniqueifyJsonbObject` and `lengthCompareJsonbString` in
/// `jsonb_util.c`: of equal keys the last one in the text stays, so they must keep their order.
struct JSONMembers: ~Copyable, Sendable {
    /// Objects of more members stay as they are (safe from 2 to 255, each takes 25 bytes of every slot).
    static let limit = 32

    private var starts = InlineArray<32, Int>(repeating: 0)
    private var ends = InlineArray<32, Int>(repeating: 0)
    /// A key's length, then its first seven bytes: sorts as the server does, but for longer keys that begin alike.
    private var ranks = InlineArray<32, UInt64>(repeating: 0)
    private(set) var count = 0
    private var isKnown = true

    /// Members by their place.
    private var order = InlineArray<32, UInt8>(repeating: 0)
    /// For how many of the ranks this is the order, 0 for none; so it is good for the next object if that has the same ranks.
    private var sortedCount = 0
    private var isOrderPlain = false

    /// Sorts the members of the object at hand.
    ///
    /// - Returns: Whether they stand in another order; false as well where the server's is not known.
    mutating func sort(_ text: RawSpan) -> Bool {
        guard self.isKnown, self.count > 1 else { return false }
        if self.count != self.sortedCount { self.insertAll(text) }
        return !self.isOrderPlain
    }

    mutating func removeAll() {
        self.count = 0
        self.isKnown = true
    }

    /// Notes a member whose key, quotes included, stands in the range.
    mutating func begin(_ text: RawSpan, key start: Int, to end: Int, isPlain: Bool) {
        let length = end &- start &- 2
        let place = self.count
        guard isPlain, length < 255, place < Self.limit else {
            self.isKnown = false
            return
        }
        var word: UInt64 = 0
        if text.byteCount &- start > 8 {
            word = text.integer(start &+ 1, as: UInt64.self)
        } else {
            for offset in 0..<min(length, 7) { word |= UInt64(text.byte(start + 1 + offset)) << (56 - 8 * offset) }
        }
        let behind = UInt64.max &>> UInt64(truncatingIfNeeded: 8 &* min(length, 7))
        let rank = UInt64(truncatingIfNeeded: length) &<< 56 | (word & ~behind) &>> 8
        if self.ranks[place] != rank { self.sortedCount = 0 }
        self.starts[place] = start
        self.ranks[place] = rank
        self.count = place &+ 1
    }

    /// Notes where the value of the last member ends.
    mutating func end(at position: Int) {
        if self.isKnown, self.count > 0 { self.ends[self.count &- 1] = position }
    }

    /// Key and value of the member that has this place in the order.
    func range(at place: Int) -> Range<Int> {
        let member = Int(self.order[place])
        return self.starts[member]..<self.ends[member]
    }

    /// Few are sorted fastest by insertion.
    private mutating func insertAll(_ text: RawSpan) {
        self.isOrderPlain = true
        var isDecidedByRank = true
        for member in 0..<self.count {
            var place = member
            while place > 0 {
                let other = Int(self.order[place - 1])
                if self.ranks[member] == self.ranks[other] { isDecidedByRank = false }
                guard self.precedes(member, other, text) else { break }
                self.order[place] = self.order[place - 1]
                place -= 1
                self.isOrderPlain = false
            }
            self.order[place] = UInt8(member)
        }
        // Where more than the ranks decided, the next object's order may be another although its ranks are the same.
        self.sortedCount = isDecidedByRank ? self.count : 0
    }

    private func precedes(_ member: Int, _ other: Int, _ text: RawSpan) -> Bool {
        let rank = self.ranks[member]
        guard rank == self.ranks[other] else { return rank < self.ranks[other] }
        let length = Int(rank >> 56)
        guard length > 7 else { return false }
        for offset in 8...length {
            let mine = text.byte(self.starts[member] + offset)
            let its = text.byte(self.starts[other] + offset)
            if mine != its { return mine < its }
        }
        return false
    }
}

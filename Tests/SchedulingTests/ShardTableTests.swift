import Testing

@testable import Scheduling

@Suite struct ShardTableTests {
    private static let states: [ShardEntry.State] = [
        .pending(notBefore: nil), .pending(notBefore: .at(5)), .leased(.random(), 3), .done, .failed, .split,
    ]
    private static let ranges = [
        KeyRange(lower: nil, upper: nil), KeyRange(lower: .min, upper: nil), KeyRange(lower: nil, upper: 0),
        KeyRange(lower: -7, upper: .max),
    ]

    @Test func `an entry comes back as it was, whatever it was before`() {
        var table = ShardTable()
        var expected: [ShardID: ShardEntry] = [:]
        for round in 0..<7 {
            for number in 1...60 {
                let place = number + round
                let entry = ShardEntry(
                    id: ShardID(rawValue: Int64(number)),
                    entity: EntityName(rawValue: "entity \(number % 3)"),
                    kind: place.isMultiple(of: 2) ? .copy : .validate,
                    range: Self.ranges[place % Self.ranges.count],
                    weight: place * 1_000,
                    state: Self.states[place % Self.states.count],
                    origin: place.isMultiple(of: 5) ? 9 : nil,
                    isInterrupted: place.isMultiple(of: 7),
                    rows: place
                )
                table.update(entry)
                expected[entry.id] = entry
            }
            #expect(table.count == expected.count)
            for (id, entry) in expected { #expect(table[id] == entry) }
        }
        #expect(table[61] == nil)
        #expect(table.entities.count == 3)
    }

    @Test func `a shard takes 64 bytes and its place`() {
        #expect(MemoryLayout<ShardTable.Record>.stride <= 64)
    }
}

import ControlStore
import Scheduling
import Testing

@testable import Worker

@Suite struct DuplicateTests {
    private func row(_ place: Int, _ key: Int64?, _ owner: Int64? = 1) -> DuplicateGroups.Member {
        DuplicateGroups.Member(place: "(0,\(place))", key: key, owner: owner.map { ShardID(rawValue: $0) })
    }

    @Test func `of rows of this run the one with the lowest key stays`() {
        let groups = DuplicateGroups([[self.row(1, 9), self.row(2, -3, 2), self.row(3, 5)]])
        #expect(groups.obstacle == nil)
        #expect(groups.losers.map(\.key) == [5, 9])
        #expect(groups.losers.map(\.winner) == [-3, -3])
        #expect(groups.losers.map(\.place) == ["(0,3)", "(0,1)"])
    }

    @Test func `a row that is not of this run stays, whatever its key`() {
        let groups = DuplicateGroups([
            [self.row(1, 1), self.row(2, nil, nil)], [self.row(3, 1, 7), self.row(4, 2, nil)],
        ])
        #expect(groups.obstacle == nil)
        #expect(groups.losers.map(\.key) == [1, 1])
        #expect(groups.losers.map(\.winner) == [nil, 2])
        #expect(groups.losers.map(\.owner) == [1, 7].map { ShardID(rawValue: $0) })
    }

    @Test func `two rows of others, or two of the same key, are nobody's to choose from`() {
        #expect(DuplicateGroups([[self.row(1, nil, nil), self.row(2, nil, nil)]]).obstacle != nil)
        #expect(DuplicateGroups([[self.row(1, 4), self.row(2, 4)]]).obstacle != nil)
    }

    @Test func `the shard that brought a row is found by its key`() {
        func writer(_ id: Int64, _ lower: Int64?, _ upper: Int64?, keys: Set<Int64>? = nil)
            -> WithdrawalStatement.Writer
        {
            WithdrawalStatement.Writer(
                shard: ShardID(rawValue: id),
                range: KeyRange(lower: lower, upper: upper),
                keys: keys
            )
        }
        // The shard of 20 to 29 has failed; a replay has brought 15.
        let writers = RowWriters([
            writer(3, 30, nil), writer(1, nil, 10), writer(2, 10, 20), writer(9, nil, nil, keys: [15, 99]),
        ])
        #expect(writers.candidates(for: .min).map(\.rawValue) == [1])
        #expect(writers.candidates(for: 9).map(\.rawValue) == [1])
        #expect(writers.candidates(for: 10).map(\.rawValue) == [2])
        #expect(writers.candidates(for: 15).map(\.rawValue) == [9, 2])
        #expect(writers.candidates(for: 25).isEmpty)
        #expect(writers.candidates(for: .max).map(\.rawValue) == [3])
        #expect(RowWriters([]).candidates(for: 1).isEmpty)
    }
}

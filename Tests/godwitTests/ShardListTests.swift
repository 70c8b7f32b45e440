import Foundation
import Scheduling
import Testing

@testable import ControlStore
@testable import godwit

/// Pictures of what `godwit shards` and `godwit shard show` print.
@Suite struct ShardListTests {
    private static let start = Date(timeIntervalSince1970: 1_700_000_000)

    private static func shard(_ id: Int64, _ state: ShardState, message: String? = nil) -> ShardRecord {
        ShardRecord(
            id: ShardID(rawValue: id),
            entity: EntityName(rawValue: "system_messages"),
            kind: .copy,
            range: KeyRange(lower: 1_000_001, upper: 1_500_001),
            keyCount: 0,
            estimatedRows: 500_000,
            estimatedBytes: 1,
            state: state,
            attempt: 3,
            failedAttempts: message == nil ? 0 : 3,
            worker: WorkerName(rawValue: "build-host-7-4711"),
            leasedAt: Self.start,
            finishedAt: Self.start.addingTimeInterval(4.2),
            counters: ShardCounters(sourceRows: 500_000, migrated: 499_000, rejected: 1000),
            errorClass: message == nil ? nil : "rows",
            sqlState: message == nil ? nil : "22012",
            message: message,
            children: [],
            timings: ["read": 1.5, "transform": 0.7, "write": 1.8, "commit": 0.2]
        )
    }

    @Test(arguments: [80, 120, 200])
    func nothingIsCutAndWhatIsLeftOutIsNamed(width: Int) {
        let failed = Self.shard(1743, .failed, message: "division by zero in the query of system_messages, a long one")
        let lines = ShardList(shards: [Self.shard(1742, .done), failed]).lines(width: width)
        #expect(lines.allSatisfy { $0.count <= width }, "\(lines)")
        #expect(!lines.contains { $0.contains("…  ") || $0.hasSuffix("…") })
        let done = lines.first { $0.hasPrefix("s1742  system_messages") }
        #expect(done?.contains("done") == true && done?.contains("499,000") == true)
        #expect(lines.joined(separator: " ").contains("rows 22012 division by zero"))
        #expect(lines.contains { $0.contains("left out for want of width: kind") } == (width < 100))
    }

    @Test(arguments: [80, 120])
    func aShardIsShownWithEveryAttemptAndTheNextCommand(width: Int) {
        let message = "ERROR: division by zero; the query of system_messages failed on the source while it was read"
        let attempts = [
            AttemptRecord(
                number: 1,
                lease: LeaseID.random(),
                worker: WorkerName(rawValue: "build-host-7-4711"),
                incarnation: .random(),
                startedAt: Self.start,
                endedAt: Self.start.addingTimeInterval(1.25),
                outcome: "failed",
                errorClass: "rows",
                sqlState: "22012",
                message: message
            )
        ]
        let rejects = [
            RejectCount(entity: EntityName(rawValue: "system_messages"), reason: "orphan", count: 990),
            RejectCount(entity: EntityName(rawValue: "system_messages"), reason: "invalid_json", count: 10),
        ]
        let text = ShardText(shard: Self.shard(1743, .failed, message: message), attempts: attempts, rejects: rejects)
        let lines = text.lines(width: width)
        #expect(lines.allSatisfy { $0.count <= width }, "\(lines)")
        #expect(lines.contains("rejects: orphan 990, invalid_json 10"))
        #expect(lines.contains { $0.hasSuffix("read 1.5s, transform 0.7s, write 1.8s, commit 0.2s") })
        #expect(lines.contains { $0.contains("1.2s  failed") && $0.contains("22012") })
        #expect(lines.last == "next: mend the cause, then godwit retry s1743")
        #expect(lines.map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ").contains(message))
    }

    @Test func nobodyIsToldToRetryAFinishedTask() {
        var task = Self.shard(9, .done)
        task.kind = .index
        let text = ShardText(shard: task, attempts: [], rejects: [])
        #expect(text.next == "nothing: its step of rebuilding is done")
    }
}

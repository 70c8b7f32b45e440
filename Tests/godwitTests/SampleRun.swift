import Foundation
import Scheduling

@testable import ControlStore
@testable import godwit

/// A run in the middle of its work, for what draws runs.
enum SampleRun {
    static let start = Date(timeIntervalSince1970: 1_700_000_000)

    static func view(
        status: RunStatus = .running,
        entities: [EntityStatus] = [
            entity("offices", phase: "foundation", .complete, estimated: 60, migrated: 58, rejected: 2),
            entity("orders", phase: "foundation", .copying, estimated: 1_500_000, migrated: 700_000, rejected: 1234),
            entity("system_messages", phase: "system", .waiting, estimated: 5_000_000, migrated: 0, rejected: 0),
        ],
        isLed: Bool = true,
        after seconds: Double = 12
    ) -> RunView {
        let run = RunRecord(
            id: RunID("e6a3473e-3830-4357-a537-02bbe166c3dd")!,
            number: 3,
            name: "dispatch",
            type: "initial",
            status: status,
            statusReason: status == .paused ? "the circuit breaker tripped" : nil,
            planHash: "abc",
            startedAt: self.start,
            createdBy: "tester",
            isMixed: false,
            presenceEpoch: 1,
            metrics:
                #"{"rowsPerSecond": 50000, "remainingRows": 100000, "stageSeconds": {}, "bytesRead": 0, "bytesWritten": 0, "#
                + #""batches": 0, "unreadableMessages": 0, "unsentMessages": 0}"#
        )
        let report = StatusReport(run: run, entities: entities, workers: [], durations: nil)
        return RunView(report: report, isLed: isLed, now: self.start.addingTimeInterval(seconds))
    }

    static func entity(
        _ name: String,
        phase: String,
        _ stage: EntityNode.Stage,
        estimated: Int,
        migrated: Int,
        rejected: Int,
        failed: Int = 0
    ) -> EntityStatus {
        var shards = ShardTally()
        shards.done = 1
        shards.failed = failed
        return EntityStatus(
            name: EntityName(rawValue: name),
            position: 0,
            phase: phase,
            stage: stage,
            sourceTable: name,
            targetTable: name,
            startedAt: self.start,
            completedAt: stage == .complete ? self.start.addingTimeInterval(2) : nil,
            shards: shards,
            estimatedRows: estimated,
            estimatedBytes: 0,
            counters: ShardCounters(sourceRows: migrated + rejected, migrated: migrated, rejected: rejected),
            rejects: rejected > 0 ? ["orphan": rejected] : [:]
        )
    }
}

import ControlStore
import Scheduling
import Testing

@testable import godwit

@Suite struct TaskLineTests {
    private func task(_ kind: ShardKind, _ state: ShardState = .leased) -> TaskRecord {
        TaskRecord(
            shard: ShardID(rawValue: 12),
            entity: EntityName(rawValue: "orders"),
            kind: kind,
            name: "orders_pkey",
            table: "public.orders",
            state: state
        )
    }

    @Test func whatIsBuiltIsShownWithItsProgress() {
        var task = self.task(.index)
        task.fraction = 0.437
        task.worker = WorkerName(rawValue: "rack-1")
        task.seconds = 12
        #expect(task.line == "building orders_pkey: 43 %, rack-1, \(Figures.duration(12))")
        #expect(self.task(.validate).line.hasPrefix("validating orders_pkey"))
    }

    @Test func whatCouldNotBeBuiltSaysWhyOnOneLine() {
        var task = self.task(.index, .failed)
        task.message = "two rows\nare equal"
        #expect(task.line == "s12 failed: two rows are equal")
    }
}

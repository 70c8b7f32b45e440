import ControlStore
import Postgres
import PostgresFixture
import Scheduling
import Testing

@Suite struct TaskTests {
    /// An index, a key made of one, and a foreign key, all off.
    private func suspended() async throws -> StoreFixture {
        let fixture = try await StoreFixture(shards: 1)
        try await fixture.store.suspend(
            [
                Self.object("plain", [RestoreStep(.index, "SELECT 1")]),
                Self.object("key", [RestoreStep(.index, "SELECT 1"), RestoreStep(.constraint, "SELECT 2")]),
                Self.object("foreign", [RestoreStep(.constraint, "SELECT 1"), RestoreStep(.validate, "SELECT 2")]),
            ],
            in: fixture.run
        )
        return fixture
    }

    private static func object(_ name: String, _ steps: [RestoreStep]) -> SuspendedObject {
        SuspendedObject(
            entity: StoreFixture.entity,
            kind: "index",
            table: "public.orders",
            name: name,
            suspendSQL: "SELECT 1",
            steps: steps
        )
    }

    private static func plan(_ round: TaskRound, _ fixture: StoreFixture) async throws -> [ShardID] {
        try await fixture.store.planTasks(round, of: StoreFixture.entity, in: fixture.run)
    }

    @Test func `a round is planned once, and only of objects whose next step it is`() async throws {
        let fixture = try await self.suspended()
        let observer = try fixture.observer()
        #expect(try await fixture.store.dueRounds(of: fixture.run) == [StoreFixture.entity: Set(TaskRound.allCases)])
        #expect(try await Self.plan(.indexes, fixture).count == 2)
        #expect(try await Self.plan(.indexes, fixture).isEmpty)
        #expect(try await Self.plan(.keys, fixture).isEmpty)
        #expect(try await Self.plan(.validations, fixture).isEmpty)
        try observer.execute("UPDATE godwit.suspended_objects SET steps_done = 1 WHERE object_name = 'key'")
        #expect(try await Self.plan(.keys, fixture).count == 1)
        #expect(try await Self.plan(.foreignKeys, fixture).count == 1)
        let entries = try await fixture.store.shardEntries(of: fixture.run, now: .now)
        #expect(entries.map(\.kind) == [.copy, .index, .index, .constraint, .constraint])
        // A new reign asks for nothing that is done, nor for what follows a failure.
        try observer.execute(
            """
            UPDATE godwit.suspended_objects SET steps_done = 1, restored_at = clock_timestamp() WHERE object_name = 'plain';
            UPDATE godwit.shards AS task SET state = 'failed' FROM godwit.suspended_objects AS object
             WHERE object.id = task.object_id AND object.object_name = 'foreign'
            """
        )
        #expect(try await fixture.store.dueRounds(of: fixture.run) == [StoreFixture.entity: [.keys]])
        #expect(try await fixture.store.dueRounds(of: fixture.run, entity: EntityName(rawValue: "others")).isEmpty)
    }

    @Test func `a retried task leaves the rows of its entity settled`() async throws {
        let fixture = try await self.suspended()
        let observer = try fixture.observer()
        let tasks = try await Self.plan(.indexes, fixture)
        try await fixture.store.setStage(of: StoreFixture.entity, in: fixture.run, .complete)
        try observer.execute(
            "UPDATE godwit.shards SET state = 'failed', message = 'no' WHERE id = \(tasks[0].rawValue)"
        )
        let failed = try await fixture.store.tasks(of: fixture.run)
        #expect(failed.map(\.shard) == [tasks[0]])
        #expect(failed.map(\.message) == ["no"])
        let status = try await fixture.store.status(of: fixture.run)
        #expect(status.failedShards == 1)
        #expect(status.shards.failed == 0)
        #expect(try await fixture.store.retry(.failed, in: fixture.run) == [tasks[0]])
        #expect(try await fixture.store.entities(of: fixture.run).map(\.stage) == [.settled])
    }

    @Test func `shards that would look at rows which a task takes back are not granted meanwhile`() async throws {
        let fixture = try await StoreFixture(shards: 2)
        let withdrawal = WithdrawalStatement(run: fixture.run, entity: EntityName(rawValue: "parents"))
        let name = StoreFixture.entity.rawValue
        let task = try fixture.observer()
        func isReferred() throws -> Bool {
            let keep = withdrawal.keepUngranted([name], fillers: [])
            _ = try task.query(keep.sql, keep.parameters)
            let question = withdrawal.isReferred(to: [name], fillers: [])
            return WithdrawalStatement.isReferred(try task.query(question.sql, question.parameters))
        }
        try task.execute("BEGIN")
        #expect(try !isReferred())
        #expect(try await fixture.grant(fixture.shards).isEmpty)
        try task.execute("COMMIT")
        #expect(try await fixture.grant([fixture.shards[0]]).count == 1)
        try task.execute("BEGIN")
        #expect(try isReferred())
    }

    @Test func `a task finds what was built by hand, unless it is another kind of index`() async throws {
        let fixture = try await StoreFixture(shards: 0)
        let observer = try fixture.observer()
        try observer.execute("CREATE TABLE public.orders (id uuid)")
        let unique = "CREATE UNIQUE INDEX orders_id ON public.orders USING btree (id)"
        try await fixture.store.suspend([Self.object("orders_id", [RestoreStep(.index, unique)])], in: fixture.run)
        let id = try #require(try await fixture.store.openObjects(of: fixture.run).first?.id)
        func isBuilt() throws -> Bool? {
            let take = TaskStatement.take(id)
            return TaskStatement.taken(try observer.query(take.sql, take.parameters))?.isStepDone
        }
        #expect(try isBuilt() == false)
        try observer.execute("CREATE INDEX orders_id ON public.orders (id)")
        #expect(try isBuilt() == false)
        #expect(try await fixture.store.openObjects(of: fixture.run).map(\.name) == ["orders_id"])
        try observer.execute("DROP INDEX public.orders_id; \(unique)")
        #expect(try isBuilt() == true)
        #expect(try await fixture.store.openObjects(of: fixture.run).isEmpty)
    }
}

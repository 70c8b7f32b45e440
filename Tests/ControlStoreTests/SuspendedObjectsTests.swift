import ControlStore
import Postgres
import PostgresFixture
import Testing

@Suite struct SuspendedObjectsTests {
    @Test func `suspended triggers come back as they were, or were never off`() async throws {
        let fixture = try await StoreFixture(shards: 0)
        let observer = try fixture.observer()
        try observer.execute(
            """
            CREATE TABLE public.orders (id uuid);
            CREATE FUNCTION public.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TRIGGER stamp BEFORE INSERT ON public.orders EXECUTE FUNCTION public.nothing();
            ALTER TABLE public.orders ENABLE ALWAYS TRIGGER stamp
            """
        )
        func enabled() throws -> String? {
            try observer.query("SELECT tgenabled FROM pg_trigger WHERE tgname = 'stamp'").first?.text(0)
        }
        var trigger = SuspendedObject(
            entity: StoreFixture.entity,
            kind: "trigger",
            table: "public.orders",
            name: "stamp",
            suspendSQL: "ALTER TABLE public.orders DISABLE TRIGGER stamp",
            steps: [RestoreStep(.trigger, "ALTER TABLE public.orders ENABLE ALWAYS TRIGGER stamp")]
        )
        try await fixture.store.suspend([trigger], in: fixture.run)
        #expect(try enabled() == "D")
        let other = ControlStore(parameters: fixture.parameters, applicationName: "test operator")
        #expect(try await other.restoreTriggers(of: fixture.run) == 1)
        #expect(try enabled() == "A")
        #expect(try await other.restoreTriggers(of: fixture.run) == 0)
        trigger.suspendSQL = "ALTER TABLE public.orders DISABLE TRIGGER absent"
        await #expect(throws: ControlStoreError.self) { try await fixture.store.suspend([trigger], in: fixture.run) }
        #expect(try await other.restoreTriggers(of: fixture.run) == 0)
    }

    @Test func `tasks are in no sum over shards, and those that are done are not done again`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let observer = try fixture.observer()
        try observer.execute("CREATE TABLE public.orders (id uuid); CREATE INDEX orders_id ON public.orders (id)")
        let index = SuspendedObject(
            entity: StoreFixture.entity,
            kind: "index",
            table: "public.orders",
            name: "orders_id",
            suspendSQL: "DROP INDEX public.orders_id",
            steps: [RestoreStep(.index, "CREATE INDEX orders_id ON public.orders USING btree (id)")]
        )
        try await fixture.store.suspend([index], in: fixture.run)
        let off = try await fixture.store.suspendedObjects(of: fixture.run)
        #expect(off.map(\.steps) == [index.steps])
        #expect(off.map(\.stepsDone) == [0])
        // Only triggers come back by themselves.
        #expect(try await fixture.store.restoreTriggers(of: fixture.run) == 0)
        #expect(throws: PostgresError.self) {
            try observer.execute("UPDATE godwit.shards SET kind = 'index'")
        }
        try observer.execute(
            """
            INSERT INTO godwit.shards (run_id, entity, kind, object_id, state, snapshot)
            SELECT run_id, entity, 'index', id, 'done', 7 FROM godwit.suspended_objects
            """
        )
        let totals = try observer.query(
            """
            SELECT concat_ws(' ', shards, pending, done, tasks_pending, tasks_leased, tasks_done, tasks_failed)
              FROM godwit.entity_totals
            """
        )
        #expect(totals.first?.text(0) == "1 1 0 0 0 1 0")
        let everything = RetrySelection.entity(StoreFixture.entity)
        #expect(try await fixture.store.retry(everything, in: fixture.run, force: true).isEmpty)
        #expect(try await fixture.store.hasMixedSnapshots(fixture.run) == false)
    }

    @Test func `what ended runs left off is switched on, unless another run has it off`() async throws {
        let fixture = try await StoreFixture(shards: 0)
        let observer = try fixture.observer()
        try observer.execute(
            """
            CREATE TABLE public.orders (id uuid);
            CREATE FUNCTION public.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TRIGGER one BEFORE INSERT ON public.orders EXECUTE FUNCTION public.nothing();
            CREATE TRIGGER two BEFORE INSERT ON public.orders EXECUTE FUNCTION public.nothing();
            CREATE TRIGGER three BEFORE INSERT ON public.orders EXECUTE FUNCTION public.nothing()
            """
        )
        func off() throws -> [String] {
            let sql = "SELECT tgname FROM pg_trigger WHERE tgenabled = 'D' ORDER BY 1"
            return try observer.query(sql).rows.compactMap { $0.text(0) }
        }
        let triggers = ["one", "two", "three"]
            .map { name in
                SuspendedObject(
                    entity: StoreFixture.entity,
                    kind: "trigger",
                    table: #""public"."orders""#,
                    name: name,
                    suspendSQL: "ALTER TABLE public.orders DISABLE TRIGGER \(name)",
                    steps: [RestoreStep(.trigger, "ALTER TABLE public.orders ENABLE TRIGGER \(name)")]
                )
            }
        try await fixture.store.suspend(triggers, in: fixture.run)
        #expect(try await fixture.store.objectsLeftOff().isEmpty)
        try await fixture.store.cancel(fixture.run, reason: "wrong day")
        #expect(try await fixture.store.objectsLeftOff().map(\.name) == ["three", "two", "one"])
        #expect(try await fixture.store.status(of: fixture.run).leftOff.map(\.name) == ["three", "two", "one"])
        #expect(try await fixture.store.objectsLeftOff(besides: fixture.run).isEmpty)
        // Somebody has switched one on by hand, and a run that goes on has taken over another.
        try observer.execute("ALTER TABLE public.orders ENABLE TRIGGER three")
        let plan = NewRun(name: "other", planHash: "b", planText: "version: 1", resolvedPlan: "{}", sourceSystem: nil)
        let other = try await fixture.store.createRun(plan)
        try await fixture.store.suspend([triggers[1]], in: other.id)
        let restoration = try await fixture.store.restoreObjectsLeftOff()
        #expect(restoration.restored.map(\.name) == ["one"])
        #expect(restoration.refused.isEmpty)
        #expect(try off() == ["two"])
        try await fixture.store.cancel(other.id, reason: "wrong too")
        let leader = try await fixture.leader(as: "left_alone")
        #expect(try await leader.restoreObjectsLeftOff().refused.map(\.object.name) == ["two", "two"])
        #expect(try off() == ["two"])
    }
}

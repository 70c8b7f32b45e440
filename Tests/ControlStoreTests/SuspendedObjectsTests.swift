import ControlStore
import Postgres
import PostgresFixture
import Scheduling
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

    /// An index, a unique constraint and a foreign key of a table that refers to itself by a column of another one.
    private static let tables = """
        CREATE TABLE public.parents (id uuid PRIMARY KEY);
        CREATE TABLE public.orders (id uuid, legacy_id bigint CONSTRAINT legacy UNIQUE, parent_id uuid
            CONSTRAINT parent REFERENCES public.parents);
        CREATE INDEX by_parent ON public.orders (parent_id)
        """

    private static func dropped() -> [DroppedObject] {
        func object(_ kind: String, _ name: String, _ drop: String, _ steps: [RestoreStep]) -> DroppedObject {
            DroppedObject(
                SuspendedObject(
                    entity: StoreFixture.entity,
                    kind: kind,
                    table: #""public"."orders""#,
                    name: name,
                    suspendSQL: drop,
                    steps: steps
                ),
                isUnchanged: name == "changed" ? "false" : "true"
            )
        }
        let alter = "ALTER TABLE public.orders"
        return [
            object(
                "foreign key",
                "parent",
                "\(alter) DROP CONSTRAINT parent",
                [
                    RestoreStep(
                        .constraint,
                        "\(alter) ADD CONSTRAINT parent FOREIGN KEY (parent_id) REFERENCES public.parents(id) NOT VALID"
                    ),
                    RestoreStep(.validate, "\(alter) VALIDATE CONSTRAINT parent"),
                ]
            ),
            object(
                "unique",
                "legacy",
                "\(alter) DROP CONSTRAINT legacy",
                [
                    RestoreStep(.index, "CREATE UNIQUE INDEX legacy ON public.orders USING btree (legacy_id)"),
                    RestoreStep(.constraint, "\(alter) ADD CONSTRAINT legacy UNIQUE USING INDEX legacy"),
                ]
            ),
            object(
                "index",
                "by_parent",
                "DROP INDEX public.by_parent",
                [RestoreStep(.index, "CREATE INDEX by_parent ON public.orders USING btree (parent_id)")]
            ),
            object("index", "changed", "DROP INDEX public.changed", [RestoreStep(.index, "nonsense")]),
            object("index", "absent", "DROP INDEX public.absent", [RestoreStep(.index, "nonsense")]),
        ]
    }

    private static func drop(_ fixture: StoreFixture, run: RunID? = nil) async throws(ControlStoreError) -> DropOutcome
    {
        try await fixture.store.drop(
            Self.dropped(),
            of: StoreFixture.entity,
            table: #""public"."orders""#,
            in: run ?? fixture.run
        )
    }

    @Test func `what is dropped for a load comes back step by step without a coordinator`() async throws {
        let fixture = try await StoreFixture(shards: 1)
        let observer = try fixture.observer()
        try observer.execute(Self.tables)
        guard case .dropped(let names, let left) = try await Self.drop(fixture) else {
            Issue.record("nothing was dropped")
            return
        }
        #expect(names == ["parent", "legacy", "by_parent"])
        #expect(left.keys.sorted() == ["absent", "changed"])
        #expect(try await Self.drop(fixture) == .notTheFirst)
        let off = try await fixture.store.suspendedStandings()
        #expect(off.map(\.object.name) == names)
        #expect(off.filter { !$0.isOpen }.isEmpty)
        // Merges need the index; so they wait.
        try fixture.finish(try await fixture.grant(fixture.shards)[0])
        do throws(ControlStoreError) {
            try await fixture.store.retry(.entity(StoreFixture.entity), in: fixture.run, force: true)
            Issue.record("a merge without indexes was not refused")
        } catch {
            #expect(error.code == .refused)
            #expect(error.message.contains("godwit constraints status"), "\(error.message)")
        }
        let other = ControlStore(parameters: fixture.parameters, applicationName: "test operator")
        let due = DueStep.of(off.map(\.object))
        #expect(
            due.map { "\($0.object.name) \($0.step.kind)" } == [
                "legacy index", "by_parent index", "legacy constraint", "parent constraint", "parent validate",
            ]
        )
        for (place, step) in due.enumerated() {
            try await other.restore(step)
            // Twice is once.
            try await other.restore(step)
            let open = try await other.suspendedStandings(of: fixture.run).filter(\.isOpen).count
            #expect(open == [3, 2, 1, 1, 0][place])
        }
        #expect(try await other.suspendedStandings().isEmpty)
        let back = try await other.suspendedStandings(of: fixture.run)
        #expect(back.filter { $0.restoredAt == nil }.isEmpty)
    }

    @Test func `nothing is dropped once a shard was granted, or the table has rows, or somebody needs it`() async throws
    {
        let fixture = try await StoreFixture(shards: 1)
        let observer = try fixture.observer()
        try observer.execute(Self.tables + "; INSERT INTO public.orders (legacy_id) VALUES (1)")
        #expect(try await Self.drop(fixture) == .hasRows)
        try observer.execute("TRUNCATE public.orders")
        try observer.execute("BEGIN; LOCK TABLE public.parents IN ROW SHARE MODE")
        do throws(ControlStoreError) {
            _ = try await Self.drop(fixture)
            Issue.record("a foreign key was dropped under somebody's lock")
        } catch {
            #expect(error.sqlState == .lockNotAvailable)
        }
        // All or nothing: the index was not dropped alone.
        #expect(try observer.query("SELECT FROM pg_indexes WHERE indexname = 'by_parent'").count == 1)
        try observer.execute("ROLLBACK")
        _ = try await fixture.grant(fixture.shards)
        #expect(try await Self.drop(fixture) == .notTheFirst)
        #expect(try await fixture.store.suspendedStandings(of: fixture.run).isEmpty)
    }

    @Test func `the next run brings back what an ended one dropped, and says what the rows refuse`() async throws {
        let fixture = try await StoreFixture(shards: 0)
        let observer = try fixture.observer()
        try observer.execute(Self.tables)
        _ = try await Self.drop(fixture)
        try observer.execute(
            "INSERT INTO public.orders (legacy_id, parent_id) VALUES (1, NULL), (1, gen_random_uuid())"
        )
        #expect(try await fixture.store.objectsLeftOff().isEmpty)
        try await fixture.store.cancel(fixture.run, reason: "wrong day")
        #expect(try await fixture.store.restoreObjectsLeftOff(triggersOnly: true).restored.isEmpty)
        // Somebody has made the index by hand.
        try observer.execute("CREATE INDEX by_parent ON public.orders (parent_id)")
        #expect(try await fixture.store.objectsLeftOff().map(\.name) == ["legacy", "parent"])
        let restoration = try await fixture.store.restoreObjectsLeftOff()
        #expect(restoration.restored.isEmpty)
        #expect(Set(restoration.refused.map(\.object.name)) == ["legacy", "parent"])
        #expect(Set(restoration.refused.map(\.error.sqlState)) == [.uniqueViolation, "23503"])
        try observer.execute("DELETE FROM public.orders WHERE parent_id IS NOT NULL")
        let restored = try await fixture.store.restoreObjectsLeftOff().restored
        #expect(Set(restored.map(\.name)) == ["legacy", "parent"])
        #expect(try await fixture.store.objectsLeftOff().isEmpty)
        #expect(
            try observer
                .query("SELECT conname FROM pg_constraint WHERE conrelid = 'public.orders'::regclass AND convalidated")
                .count == 2
        )
    }
}

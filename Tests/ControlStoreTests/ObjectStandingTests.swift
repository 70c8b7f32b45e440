import ControlStore
import Postgres
import PostgresFixture
import Scheduling
import Testing

/// Objects that are off for a load while somebody changes their table.
@Suite struct ObjectStandingTests {
    private static let tables = """
        CREATE TABLE public.parents (id uuid PRIMARY KEY);
        CREATE TABLE public.orders (id uuid CONSTRAINT orders_pkey PRIMARY KEY, legacy_id bigint, weight integer,
            parent_id uuid CONSTRAINT parent REFERENCES public.parents);
        CREATE INDEX by_weight ON public.orders (weight)
        """

    private static func object(_ kind: String, _ name: String, _ drop: String, _ steps: [RestoreStep]) -> DroppedObject
    {
        DroppedObject(
            SuspendedObject(
                entity: StoreFixture.entity,
                kind: kind,
                table: #""public"."orders""#,
                name: name,
                suspendSQL: drop,
                steps: steps
            ),
            isUnchanged: "true"
        )
    }

    private static var dropped: [DroppedObject] {
        let alter = #"ALTER TABLE "public"."orders""#
        let key = "FOREIGN KEY (parent_id) REFERENCES public.parents(id)"
        return [
            Self.object(
                "foreign key",
                "parent",
                "\(alter) DROP CONSTRAINT parent",
                [
                    RestoreStep(.constraint, #"\#(alter) ADD CONSTRAINT "parent" \#(key) NOT VALID"#),
                    RestoreStep(.validate, #"\#(alter) VALIDATE CONSTRAINT "parent""#),
                ]
            ),
            Self.object(
                "primary key",
                "orders_pkey",
                "\(alter) DROP CONSTRAINT orders_pkey",
                [
                    RestoreStep(.index, "CREATE UNIQUE INDEX orders_pkey ON public.orders USING btree (id)"),
                    RestoreStep(
                        .constraint,
                        #"\#(alter) ADD CONSTRAINT "orders_pkey" PRIMARY KEY USING INDEX "orders_pkey""#
                    ),
                ]
            ),
            Self.object(
                "index",
                "by_weight",
                "DROP INDEX public.by_weight",
                [RestoreStep(.index, "CREATE INDEX by_weight ON public.orders USING btree (weight)")]
            ),
        ]
    }

    /// A run that was cancelled when all three were off.
    private static func abandoned() async throws -> StoreFixture {
        let fixture = try await StoreFixture(shards: 1)
        let observer = try fixture.observer()
        try observer.execute(Self.tables)
        let outcome = try await fixture.store.drop(
            Self.dropped,
            of: StoreFixture.entity,
            table: #""public"."orders""#,
            in: fixture.run
        )
        #expect(outcome == .dropped(["parent", "orders_pkey", "by_weight"], left: [:]))
        try await fixture.store.cancel(fixture.run, reason: "wrong day")
        return fixture
    }

    /// What is open, with what is in its way.
    private static func open(_ fixture: StoreFixture) async throws -> [String: String] {
        let standings = try await fixture.store.suspendedStandings(of: fixture.run).filter(\.isOpen)
        return Dictionary(uniqueKeysWithValues: standings.map { ($0.object.name, $0.hindrance ?? "") })
    }

    @Test(arguments: ["ALTER TABLE public.orders RENAME TO elsewhere", "ALTER TABLE public.orders SET SCHEMA aside"])
    func `what is off of a table with another name is off`(change: String) async throws {
        let fixture = try await Self.abandoned()
        let observer = try fixture.observer()
        try observer.execute("CREATE SCHEMA aside; \(change); CREATE TABLE public.other (weight integer)")
        let open = try await Self.open(fixture)
        #expect(open.keys.sorted() == ["by_weight", "orders_pkey", "parent"])
        #expect(open.values.allSatisfy { $0.contains("is called") }, "\(open)")
        let refused = try await fixture.store.restoreObjectsLeftOff().refused
        #expect(refused.count == 3)
        #expect(refused.allSatisfy { $0.error.message.contains("is called") })
        // Nothing is done to another table that has got the name.
        try observer.execute("ALTER TABLE public.other RENAME TO orders")
        #expect(try await fixture.store.restoreObjectsLeftOff().refused.count == 3)
        try observer.execute("DROP TABLE public.orders")
        try observer.execute(
            change.contains("SCHEMA")
                ? "ALTER TABLE aside.orders SET SCHEMA public" : "ALTER TABLE public.elsewhere RENAME TO orders"
        )
        #expect(try await fixture.store.restoreObjectsLeftOff().restored.count == 3)
        #expect(try await Self.open(fixture).isEmpty)
    }

    @Test func `what is off of a table that is gone is off until somebody gives it up`() async throws {
        let fixture = try await Self.abandoned()
        let observer = try fixture.observer()
        try observer.execute("DROP TABLE public.orders")
        let open = try await Self.open(fixture)
        #expect(open.count == 3)
        #expect(open.values.allSatisfy { $0.contains("there is no table") }, "\(open)")
        #expect(try await fixture.store.restoreObjectsLeftOff().refused.count == 3)
        for standing in try await fixture.store.suspendedStandings(of: fixture.run) {
            try await fixture.store.forget(standing.object, reason: "the table is not needed")
            await #expect(throws: ControlStoreError.self) {
                try await fixture.store.forget(standing.object, reason: "again")
            }
        }
        #expect(try await Self.open(fixture).isEmpty)
        #expect(try await fixture.store.objectsLeftOff().isEmpty)
        let standings = try await fixture.store.suspendedStandings(of: fixture.run)
        #expect(Set(standings.map(\.givenUp)) == ["the table is not needed"])
        let events = try await fixture.store.events(of: fixture.run).map(\.message)
        #expect(events.count { $0.contains("given up: the table is not needed") } == 3, "\(events)")
    }

    @Test func `what somebody is at can't be given up`() async throws {
        let fixture = try await Self.abandoned()
        let object = try #require(try await fixture.store.suspendedStandings(of: fixture.run).first).object
        let builder = try fixture.observer()
        try builder.execute("BEGIN")
        let take = TaskStatement.take(object.id)
        try builder.query(take.sql, take.parameters)
        do {
            try await fixture.store.forget(object, reason: "not needed")
            Issue.record("it was given up")
        } catch {
            #expect(error.code == .refused, "\(error)")
        }
        try builder.execute("ROLLBACK")
        try await fixture.store.forget(object, reason: "not needed")
    }

    @Test func `another object of the same name does not count as back`() async throws {
        let fixture = try await Self.abandoned()
        let observer = try fixture.observer()
        try observer.execute(
            """
            ALTER TABLE public.orders ADD CONSTRAINT parent CHECK (weight > 0);
            ALTER TABLE public.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (legacy_id);
            CREATE INDEX by_weight ON public.orders (weight DESC)
            """
        )
        let open = try await Self.open(fixture)
        #expect(open["parent"]?.contains("CHECK ((weight > 0))") == true, "\(open)")
        #expect(open["orders_pkey"]?.contains("(legacy_id)") == true, "\(open)")
        #expect(open["by_weight"]?.contains("(weight DESC)") == true, "\(open)")
        let refused = try await fixture.store.restoreObjectsLeftOff().refused
        #expect(refused.count == 3)
        #expect(refused.allSatisfy { $0.error.message.contains("while this one was") })
        try observer.execute(
            """
            ALTER TABLE public.orders DROP CONSTRAINT parent, DROP CONSTRAINT orders_pkey;
            DROP INDEX public.by_weight;
            ALTER TABLE public.orders ADD CONSTRAINT parent FOREIGN KEY (parent_id) REFERENCES public.parents ON DELETE CASCADE;
            ALTER TABLE public.orders ADD CONSTRAINT orders_pkey UNIQUE (id)
            """
        )
        #expect(try await Self.open(fixture).keys.sorted() == ["by_weight", "orders_pkey", "parent"])
        try observer.execute(
            """
            ALTER TABLE public.orders DROP CONSTRAINT parent, DROP CONSTRAINT orders_pkey;
            ALTER TABLE public.orders ADD CONSTRAINT parent FOREIGN KEY (parent_id) REFERENCES public.parents;
            ALTER TABLE public.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
            CREATE INDEX by_weight ON public.orders (weight)
            """
        )
        #expect(try await Self.open(fixture).isEmpty)
    }

    @Test func `what would have gone with its column has gone`() async throws {
        let fixture = try await Self.abandoned()
        let observer = try fixture.observer()
        try observer.execute("ALTER TABLE public.orders DROP COLUMN weight, DROP COLUMN parent_id")
        #expect(try await Self.open(fixture).keys.sorted() == ["orders_pkey"])
        let gone = try await fixture.store.suspendedStandings(of: fixture.run).filter(\.isGone)
        #expect(gone.map(\.object.name) == ["parent", "by_weight"])
        for due in DueStep.of(gone.map(\.object)) { try await fixture.store.restore(due) }
        let events = try await fixture.store.events(of: fixture.run).map(\.message)
        #expect(events.count { $0.contains("a column of it was dropped meanwhile") } == 2, "\(events)")
        let restored = try await fixture.store.suspendedStandings(of: fixture.run).filter { $0.restoredAt != nil }
        #expect(restored.map(\.object.name) == ["parent", "by_weight"])
        let take = TaskStatement.take(gone[0].object.id)
        #expect(TaskStatement.taken(try observer.query(take.sql, take.parameters))?.isGone == true)
    }

    @Test func `a trigger that fires always does so again, and is recorded once`() async throws {
        let fixture = try await StoreFixture(shards: 0)
        let observer = try fixture.observer()
        try observer.execute(
            """
            CREATE TABLE public.orders (id uuid);
            CREATE FUNCTION public.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TRIGGER always BEFORE INSERT ON public.orders EXECUTE FUNCTION public.nothing();
            CREATE TRIGGER plain BEFORE INSERT ON public.orders EXECUTE FUNCTION public.nothing();
            ALTER TABLE public.orders ENABLE ALWAYS TRIGGER always
            """
        )
        func enabled() throws -> [String?] {
            try observer.query("SELECT tgenabled FROM pg_trigger WHERE NOT tgisinternal ORDER BY tgname").rows
                .map { $0.text(0) }
        }
        let triggers = ["always", "plain"]
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
        for _ in 0..<3 {
            try await fixture.store.suspend(triggers, in: fixture.run)
            #expect(try enabled() == ["D", "D"])
        }
        #expect(try await fixture.store.suspendedStandings(of: fixture.run).count == 2)
        #expect(try await fixture.store.restoreTriggers(of: fixture.run) == 2)
        #expect(try enabled() == ["A", "O"])
        // A second pass over the rows is another suspension.
        try await fixture.store.suspend(triggers, in: fixture.run)
        #expect(try await fixture.store.suspendedStandings(of: fixture.run).count == 4)
    }

    @Test func `a trigger is found under another name, and one that is gone is noted as such`() async throws {
        let fixture = try await StoreFixture(shards: 0)
        let observer = try fixture.observer()
        try observer.execute(
            """
            CREATE TABLE public.orders (id uuid);
            CREATE FUNCTION public.nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NEW; END';
            CREATE TRIGGER one BEFORE INSERT ON public.orders EXECUTE FUNCTION public.nothing();
            CREATE TRIGGER two BEFORE INSERT ON public.orders EXECUTE FUNCTION public.nothing()
            """
        )
        func suspend() async throws {
            let triggers = ["one", "two"]
                .map { name in
                    SuspendedObject(
                        entity: StoreFixture.entity,
                        kind: "trigger",
                        table: "public.orders",
                        name: name,
                        suspendSQL: "ALTER TABLE public.orders DISABLE TRIGGER \(name)",
                        steps: [RestoreStep(.trigger, "ALTER TABLE public.orders ENABLE TRIGGER \(name)")]
                    )
                }
            try await fixture.store.suspend(triggers, in: fixture.run)
        }
        func enabled() throws -> [String?] {
            try observer.query(
                "SELECT concat_ws(' ', tgname, tgenabled) FROM pg_trigger WHERE NOT tgisinternal ORDER BY 1"
            )
            .rows
            .map { $0.text(0) }
        }
        try await suspend()
        try observer.execute(
            "ALTER TRIGGER one ON public.orders RENAME TO first; ALTER TABLE public.orders RENAME TO renamed"
        )
        #expect(try await fixture.store.suspendedStandings(of: fixture.run).count { $0.isOpen } == 2)
        #expect(try await fixture.store.restoreTriggers(of: fixture.run) == 2)
        #expect(try enabled() == ["first O", "two O"])
        try observer.execute(
            "ALTER TABLE public.renamed RENAME TO orders; ALTER TRIGGER first ON public.orders RENAME TO one"
        )
        try await suspend()
        try observer.execute(
            "ALTER TRIGGER one ON public.orders RENAME TO first; DROP TRIGGER two ON public.orders"
        )
        let open = try await fixture.store.suspendedStandings(of: fixture.run).filter(\.isOpen)
        #expect(open.map(\.object.name) == ["one"])
        for due in DueStep.of(open.map(\.object)) { try await fixture.store.restore(due) }
        #expect(try enabled() == ["first O"])
        #expect(try await fixture.store.restoreTriggers(of: fixture.run) == 1)
        let events = try await fixture.store.events(of: fixture.run).map(\.message)
        #expect(events.count { $0.contains("trigger two of public.orders does not come back") } == 1, "\(events)")
    }
}

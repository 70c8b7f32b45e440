import Catalog
import Foundation
import MigrationPlan
import Postgres
import PostgresFixture
import Testing

/// What is dropped for a load comes back as it was, byte for byte in a dump, and all else is left alone.
@Suite struct RebuildingTests {
    /// A source and a target of a test's own, because a dump is of a whole database.
    struct Pair: ~Copyable {
        let source: Connection
        let target: Connection
        let parameters: ConnectionParameters

        init(source: String, target: String) throws {
            let parameters = try PrivateServer.shared.createDatabase()
            let opened = try Self.open(PrivateServer.shared.createDatabase(), .source, source)
            self.target = try Self.open(parameters, .target, target)
            self.source = opened
            self.parameters = parameters
        }

        private static func open(
            _ parameters: ConnectionParameters,
            _ role: ConnectionRole,
            _ sql: String
        ) throws -> Connection {
            let connection = try Connection(parameters, role: role, applicationName: "rebuilding tests")
            try connection.execute("SET search_path TO public; \(sql); SET search_path TO pg_catalog")
            return connection
        }

        func resolve(_ text: String) throws -> (entities: [ResolvedEntity], findings: [Finding]) {
            let loaded = PlanLoader.load(text: text, file: "test.yaml")
            let plan = try #require(loaded.plan, "\(loaded.findings)")
            let resolution = try Catalog.resolution(
                of: plan,
                graph: DependencyGraph(of: plan),
                source: self.source,
                target: self.target
            )
            return (resolution.entities, resolution.findings)
        }

        func isTrue(_ condition: String) throws -> Bool? {
            try self.target.query("SELECT \(condition)").first?.bool(0)
        }

        /// Drops everything, and does the steps of all objects in the order in which they are due.
        func dropAndRestore(_ entities: [ResolvedEntity]) throws {
            let objects = entities.flatMap { $0.deferredObjects ?? [] }
            for object in objects {
                #expect(try self.isTrue(object.isUnchanged) == true, "\(object.name)")
                try self.target.execute(object.drop)
                #expect(try self.isTrue("(\(object.isUnchanged)) IS TRUE") == false, "\(object.name)")
            }
            let steps = objects.flatMap { object in object.steps.map { (object.kind, $0) } }
            for kind in [DeferredObject.Step.Kind.index, .constraint, .validate] {
                for (object, step) in steps.reversed() where step.kind == kind && object != .foreignKey {
                    try self.target.execute(step.sql)
                }
            }
            for kind in [DeferredObject.Step.Kind.constraint, .validate] {
                for (object, step) in steps where step.kind == kind && object == .foreignKey {
                    try self.target.execute(step.sql)
                }
            }
        }
    }

    static func plan(_ entities: String, run: String = "rebuild: always") -> String {
        """
        version: 1
        name: test
        source: { timezone: UTC }
        uuid: { strategy: ordered, namespace: 6f2c7a0e-5d1b-4c3a-9f00-0123456789ab }
        run: { \(run) }
        entities:
        \(entities.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
        """
    }

    private static let zooSource = """
        CREATE TABLE legacy_owner (id serial PRIMARY KEY);
        CREATE TABLE legacy_animal (id serial PRIMARY KEY, owner_id integer, mother_id integer, weight integer);
        """

    private static let zooPlan = """
        owners:
          from: legacy_owner
          to: owners
          tag: 1
          legacy: legacy_id
        animals:
          from: legacy_animal
          to: animals
          tag: 2
          legacy: legacy_id
          columns:
            owner_id: { ref: owners, by: owner_id }
            keeper_id: { ref: owners, by: owner_id, on_orphan: null }
            former_id: { ref: owners, by: owner_id, on_orphan: null }
            mother_id: { ref: animals, by: mother_id, on_orphan: null }
            computed_id: { uuid: owners, by: owner_id }
        """

    private static let zooTarget = #"""
        CREATE EXTENSION btree_gist SCHEMA public;
        CREATE TYPE mood AS ENUM ('glad', 'sad');
        CREATE TABLE owners (id uuid PRIMARY KEY, legacy_id bigint, CONSTRAINT "Owner's key" UNIQUE (legacy_id));
        CREATE TABLE animals (
            id uuid, legacy_id bigint UNIQUE WITH (fillfactor = 70), weight integer, height numeric(6,2),
            owner_id uuid CONSTRAINT animals_owner REFERENCES owners ON DELETE CASCADE ON UPDATE SET NULL,
            keeper_id uuid, former_id uuid, mother_id uuid, computed_id uuid REFERENCES owners,
            code varchar(20) COLLATE "C", label varchar(40), note text, state mood, data jsonb, born timestamptz, died timestamptz,
            CONSTRAINT "Animal PK" PRIMARY KEY (id) INCLUDE (weight),
            CONSTRAINT late UNIQUE (weight, born) DEFERRABLE,
            CONSTRAINT apart EXCLUDE USING gist (owner_id WITH =, born WITH =),
            UNIQUE (weight, height) INCLUDE (state)
        );
        ALTER TABLE animals ADD CONSTRAINT keeper FOREIGN KEY (keeper_id) REFERENCES owners MATCH FULL ON DELETE SET DEFAULT;
        ALTER TABLE animals ADD CONSTRAINT former FOREIGN KEY (former_id) REFERENCES owners NOT VALID;
        ALTER TABLE animals ADD CONSTRAINT mother FOREIGN KEY (mother_id) REFERENCES animals (id);
        ALTER TABLE animals ADD UNIQUE (owner_id, id);
        ALTER TABLE animals ADD CONSTRAINT composite FOREIGN KEY (owner_id, mother_id) REFERENCES animals (owner_id, id);
        CREATE INDEX plain ON animals (weight);
        CREATE INDEX "Partial ""quoted""" ON animals (owner_id) WHERE weight > 3 AND died IS NULL;
        CREATE INDEX descending ON animals (born DESC NULLS LAST, weight ASC NULLS FIRST) WITH (fillfactor = 90);
        CREATE INDEX collated ON animals (code COLLATE "POSIX" varchar_pattern_ops, label);
        CREATE INDEX including ON animals (state) INCLUDE (born, height);
        CREATE INDEX hashed ON animals USING hash (note);
        CREATE INDEX summary ON animals USING brin (born) WITH (pages_per_range = 16);
        CREATE INDEX documents ON animals USING gin (data jsonb_path_ops) WITH (fastupdate = off);
        CREATE UNIQUE INDEX only_adults ON animals (weight, mother_id) WHERE died IS NOT NULL;
        CREATE INDEX expression ON animals ((weight + 1));
        CREATE INDEX casting ON animals ((data ->> 'a'));
        CREATE INDEX dividing ON animals (weight) WHERE 1 / weight > 0;
        CREATE INDEX wide ON animals (note);
        CREATE INDEX spatial ON animals USING gist (weight);
        CREATE INDEX commented ON animals (height);
        COMMENT ON INDEX commented IS 'by height';
        CREATE INDEX counted ON animals ((weight IS NULL), born);
        ALTER INDEX counted ALTER COLUMN 1 SET STATISTICS 500;
        CREATE UNIQUE INDEX identity ON animals (legacy_id, weight);
        ALTER TABLE animals ALTER weight SET NOT NULL, ALTER legacy_id SET NOT NULL;
        ALTER TABLE animals REPLICA IDENTITY USING INDEX identity;
        CREATE INDEX clustering ON animals (died);
        ALTER TABLE animals CLUSTER ON clustering;
        CREATE VIEW grouped AS SELECT id, legacy_id FROM owners GROUP BY id;
        DO $$ BEGIN
            IF current_setting('server_version_num')::int >= 150000 THEN
                EXECUTE 'ALTER TABLE animals ADD CONSTRAINT distinct_nulls UNIQUE NULLS NOT DISTINCT (height, state)';
            END IF;
        END $$
        """#

    @Test func aZooOfIndexesComesBackAsItWas() throws {
        let pair = try Pair(source: Self.zooSource, target: Self.zooTarget)
        let (entities, findings) = try pair.resolve(Self.plan(Self.zooPlan))
        let animals = try #require(entities.first { $0.name == "animals" }, "\(findings)")
        let newer = pair.target.serverVersion >= 150_000 ? ["distinct_nulls"] : []
        #expect(
            Set((animals.deferredObjects ?? []).map(\.name))
                == Set(
                    [
                        "animals_owner", "keeper", "former", "mother", "animals_legacy_id_key",
                        "animals_weight_height_state_key",
                        "plain", "Partial \"quoted\"", "descending", "collated", "including", "hashed", "summary",
                        "documents",
                        "only_adults",
                    ] + newer
                )
        )
        let kept = Dictionary(uniqueKeysWithValues: (animals.keptObjects ?? []).map { ($0.name, $0.reason) })
        #expect(
            kept == [
                "animals_computed_id_fkey": "no `ref:` of the plan proves it",
                "composite": "no `ref:` of the plan proves it",
                "Animal PK": "foreign keys refer to it",
                "animals_owner_id_id_key": "foreign keys refer to it",
                "late": "deferrable; other objects depend on it",
                "apart": "exclusion constraint",
                "expression": "it could refuse a row that is no duplicate",
                "casting": "it could refuse a row that is no duplicate",
                "dividing": "it could refuse a row that is no duplicate",
                "wide": "it could refuse a row that is no duplicate",
                "spatial": "it could refuse a row that is no duplicate",
                "commented": "it has a comment",
                "counted": "it has statistics targets of its own",
                "identity": "replica identity",
                "clustering": "the table is clustered by it",
            ]
        )
        let owners = try #require(entities.first { $0.name == "owners" })
        #expect(owners.deferredObjects?.map(\.name) == ["Owner's key"])
        #expect(owners.keptObjects?.first?.reason.hasPrefix("foreign keys refer to it") == true)
        let before = try SchemaDump.text(of: pair.parameters)
        #expect(before.contains("CREATE INDEX plain"))
        try pair.dropAndRestore(entities)
        #expect(try SchemaDump.text(of: pair.parameters) == before)
    }

    @Test func theReferenceTargetComesBackAsItWas() throws {
        let plans = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../plans/dispatch")
        let read = { (name: String) in try String(contentsOf: plans.appending(path: name), encoding: .utf8) }
        let pair = try Pair(source: read("legacy.sql"), target: read("target.sql"))
        let text = try read("plan.yaml").replacing("\nrun:\n", with: "\nrun:\n  rebuild: always\n")
        let (entities, findings) = try pair.resolve(text)
        #expect(entities.count == 20 || entities.count > 20, "\(findings)")
        let messages = try #require(entities.first { $0.targetTable.contains("system_messages") })
        // Everything of the largest table: nothing refers to it.
        #expect(messages.keptObjects == [])
        #expect(messages.deferredObjects?.count == 8, "\(messages.deferredObjects ?? [])")
        let before = try SchemaDump.text(of: pair.parameters)
        try pair.dropAndRestore(entities)
        #expect(try SchemaDump.text(of: pair.parameters) == before)
    }

    @Test(arguments: [
        ("rebuild: auto", "", 0), ("rebuild: never", "", 0), ("rebuild: always", "", 1),
        ("rebuild: always", "rebuild: never", 0),
        ("rebuild: never", "rebuild: always", 1), ("rebuild: always", "into: append", 1),
        ("rebuild: always, audit: table", "", 0), ("rebuild: always, change_log: rows", "", 0),
        ("rebuild: always", "uuid: v4", 0),
    ])
    func settingsSayWhatIsDropped(run: String, entity: String, count: Int) throws {
        let pair = try Pair(
            source: "CREATE TABLE thing (id serial PRIMARY KEY)",
            target: "CREATE TABLE things (id uuid, legacy_id bigint UNIQUE)"
        )
        let settings = entity.isEmpty ? "" : "\n  \(entity)"
        let entry = "things:\n  from: thing\n  to: things\n  tag: 1\n  legacy: legacy_id\(settings)"
        let text = Self.plan(entity.hasPrefix("uuid") ? entry.replacing("\n  tag: 1", with: "") : entry, run: run)
        let (entities, findings) = try pair.resolve(text)
        #expect(entities.first?.deferredObjects?.count == count, "\(findings)")
    }

    @Test func aLargeTableNeedsNoWord() throws {
        let pair = try Pair(
            source:
                "CREATE TABLE thing (id) AS SELECT generate_series(1, 200000); CREATE UNIQUE INDEX ON thing (id); ANALYZE thing",
            target: "CREATE TABLE things (id uuid, legacy_id bigint UNIQUE)"
        )
        let text = Self.plan(
            "things:\n  from: thing\n  to: things\n  tag: 1\n  legacy: legacy_id",
            run: "batch_rows: auto"
        )
        let (entities, findings) = try pair.resolve(text)
        #expect(entities.first?.deferredObjects?.map(\.kind) == [.unique])
        let note = findings.first { $0.code == "rebuilt" }
        #expect(note?.message == "things: dropped for the load and rebuilt after it: unique things_legacy_id_key")
    }

    @Test(arguments: [
        ("INSERT INTO things VALUES (NULL, 1)", "the table has rows"),
        ("CREATE TABLE heirs () INHERITS (things)", "the table is partitioned, a partition, or inherits"),
        (
            "CREATE PUBLICATION every FOR TABLE things; ALTER TABLE things ADD PRIMARY KEY (legacy_id)",
            "the table is published"
        ),
        ("CREATE PUBLICATION every FOR TABLE things; CREATE UNIQUE INDEX ON things (id)", "the table is published"),
        (
            "CREATE RULE r AS ON DELETE TO things DO INSTEAD NOTHING; CREATE UNIQUE INDEX ON things (id)",
            "the table has a rule for DELETE"
        ),
        (
            """
            CREATE UNIQUE INDEX ON things (id);
            CREATE FUNCTION nothing() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
            CREATE TRIGGER audit AFTER DELETE ON things FOR EACH ROW EXECUTE FUNCTION nothing()
            """,
            "the table has a trigger for DELETE"
        ),
        (
            "ALTER TABLE things ADD PRIMARY KEY (legacy_id); CREATE VIEW v AS SELECT legacy_id, id FROM things GROUP BY legacy_id",
            "other objects depend on it"
        ),
    ])
    func tablesThatAreLeftAsTheyAre(sql: String, reason: String) throws {
        let pair = try Pair(
            source: "CREATE TABLE thing (id serial PRIMARY KEY)",
            target:
                "CREATE TABLE things (id uuid, legacy_id bigint); \(sql.contains("KEY") || sql.contains("UNIQUE") ? "" : "CREATE INDEX one ON things (id);") \(sql)"
        )
        let (entities, _) = try pair.resolve(
            Self.plan(
                "things:\n  from: thing\n  to: things\n  tag: 1\n  legacy: legacy_id\n  into: append\n  triggers: keep"
            )
        )
        let entity = try #require(entities.first)
        #expect(entity.deferredObjects == [])
        #expect(entity.keptObjects?.map(\.reason) == [reason])
    }
}

import Postgres
import RowPipeline
import Testing

@Suite struct IdentityTests {
    static let namespace = UUIDValue("6f2c7a0e-51b3-4c1d-9a77-0a2f64c0ffee")!
    static let edges: [Int64] = [
        0, -1, 1, 42, -(1 << 47), 1 << 47 - 1, Int64(Int32.max), Int64(Int32.min), 65535, 65536,
    ]

    @Test func `swift and sql compute the same ordered UUIDs for all tags and many ids`() throws {
        var random = SeededGenerator.announced("ordered", environment: environmentVariable("GODWIT_SEED"))
        let connection = try openTestDatabase()
        try connection.execute("CREATE SCHEMA godwit")
        let tags: [UInt16] = [0, 1, 6, 0x0ff, 0x800, 4095]
        let entities = tags.map { tag in
            IdentityFunctions.Entity(
                name: "entity \(tag)",
                identity: EntityIdentity(
                    strategy: .ordered(tag: tag, seed: EntitySeed.derive(namespace: Self.namespace, entity: "\(tag)")),
                    owner: "entity \(tag)"
                )
            )
        }
        try connection.execute(IdentityFunctions.sql(entities: entities))
        for entity in entities {
            guard case .ordered(let tag, let seed) = entity.identity.strategy else { continue }
            let ordered = OrderedUUID(tag: tag, seed: seed)
            let ids = Self.edges + (0..<2000).map { _ in Int64.random(in: OrderedUUID.keys, using: &random) }
            let result = try connection.query(
                "SELECT id, godwit.uuid($1, id), godwit.legacy($1, godwit.uuid($1, id)) "
                    + "FROM unnest($2::bigint[]) WITH ORDINALITY AS i(id, n) ORDER BY n",
                [.text(entity.name), .text("{" + ids.map { "\($0)" }.joined(separator: ",") + "}")]
            )
            #expect(result.count == ids.count)
            for (row, id) in zip(result.rows, ids) {
                let uuid = try #require(ordered.uuid(of: id))
                #expect(row.text(1) == uuid.description)
                #expect(row.integer(2) == id)
                #expect(ordered.key(of: uuid) == id)
                let decoded = try #require(OrderedUUID.decode(uuid))
                #expect(decoded == (tag, id))
            }
        }
    }

    @Test func `every one of the 4096 tags agrees with sql`() throws {
        let connection = try openTestDatabase()
        let rows =
            try connection.query(
                """
                SELECT tag, (lpad(to_hex((id * 65536) # '-9223372036854775808'::bigint | (32768 + tag)), 16, '0') ||
                to_hex(hashint8extended(id, tag * 7919) & 4611686018427387903 | '-9223372036854775808'::bigint))::uuid, id
                FROM (SELECT tag, tag * 1000003 - 2000000000 AS id FROM generate_series(0, 4095::bigint) AS tag) AS t
                """
            )
            .rows
        for row in rows {
            let tag = UInt16(row.integer(0)!)
            let uuid = OrderedUUID(tag: tag, seed: UInt64(tag) * 7919).uuid(of: row.integer(2)!)
            #expect(uuid?.description == row.text(1))
        }
        #expect(rows.count == 4096)
    }

    @Test func `ordered UUIDs sort like their keys and end at 48 bits`() throws {
        let ordered = OrderedUUID(tag: 6, seed: 1)
        let uuids = Self.edges.sorted().map { ordered.uuid(of: $0)!.description }
        #expect(uuids == uuids.sorted())
        #expect(ordered.uuid(of: 1 << 47) == nil)
        #expect(ordered.uuid(of: -(1 << 47) - 1) == nil)
        let connection = try openTestDatabase()
        try connection.execute("CREATE SCHEMA godwit")
        let identity = EntityIdentity(strategy: .ordered(tag: 6, seed: 1), owner: "orders")
        try connection.execute(IdentityFunctions.sql(entities: [.init(name: "orders", identity: identity)]))
        for id in ["140737488355328", "-140737488355329", "9223372036854775807"] {
            #expect(throws: PostgresError.self) { try connection.query("SELECT godwit.uuid('orders', \(id))") }
        }
        #expect(throws: PostgresError.self) { try connection.query("SELECT godwit.uuid('other', 1)") }
        #expect(try connection.query("SELECT godwit.uuid('orders', NULL)").first?.text(0) == nil)
        let plan = try connection.query(
            "EXPLAIN VERBOSE SELECT godwit.uuid('orders', n) FROM generate_series(1, 9::bigint) n"
        )
        let text = plan.rows.map { $0.text(0)! }.joined()
        #expect(text.contains("hashint8extended") && !text.contains("CASE"))
    }

    @Test func `a UUID of another tag, seed or version has no key`() throws {
        let ordered = OrderedUUID(tag: 6, seed: 1)
        let uuid = try #require(ordered.uuid(of: 42))
        #expect(OrderedUUID(tag: 7, seed: 1).key(of: uuid) == nil)
        #expect(OrderedUUID(tag: 6, seed: 2).key(of: uuid) == nil)
        #expect(OrderedUUID.decode(GeneratedUUID.v4()) == nil)
    }

    @Test(arguments: [false, true]) func `name-based UUIDs equal uuid_generate_v5`(withExtension: Bool) throws {
        let connection = try openTestDatabase()
        try connection.execute("CREATE SCHEMA godwit")
        let available = try !connection.query("SELECT FROM pg_available_extensions WHERE name = 'uuid-ossp'").isEmpty
        if withExtension && available { try connection.execute("CREATE EXTENSION \"uuid-ossp\"") }
        let identity = EntityIdentity(strategy: .v5(namespace: Self.namespace.bytes), owner: "orders")
        try connection.execute(IdentityFunctions.sql(entities: [.init(name: "o'rders \\ 2", identity: identity)]))
        var named = NamedUUID(namespace: Self.namespace, owner: "orders")
        for id in Self.edges + [Int64.max, Int64.min] {
            let row = try connection.query("SELECT godwit.uuid($1, $2)", [.text("o'rders \\ 2"), .text("\(id)")]).first
            #expect(row?.text(0) == named.uuid(of: id).description)
        }
        // Python: uuid.uuid5(uuid.NAMESPACE_DNS, "orders:42")
        var dns = NamedUUID(namespace: UUIDValue("6ba7b810-9dad-11d1-80b4-00c04fd430c8")!, owner: "orders")
        #expect(dns.uuid(of: 42).description == "484f120c-87a8-588a-89c6-05e42c97b9ef")
    }

    @Test func `stored UUIDs are read from the target's table`() throws {
        let connection = try openTestDatabase()
        try connection.execute(
            """
            CREATE SCHEMA godwit;
            CREATE TABLE public.users (id uuid PRIMARY KEY, legacy_id bigint UNIQUE);
            INSERT INTO public.users VALUES ('00000000-0000-4000-8000-000000000001', 5)
            """
        )
        let identity = EntityIdentity(strategy: .stored, owner: "users")
        let entity = IdentityFunctions.Entity(
            name: "users",
            identity: identity,
            table: "public.users",
            legacyColumn: "legacy_id"
        )
        try connection.execute(IdentityFunctions.sql(entities: [entity]))
        let row =
            try connection.query(
                "SELECT godwit.uuid('users', 5), godwit.legacy('users', '00000000-0000-4000-8000-000000000001'), "
                    + "godwit.uuid('users', 6)"
            )
            .first
        #expect(row?.text(0) == "00000000-0000-4000-8000-000000000001")
        #expect(row?.integer(1) == 5)
        #expect(row?.text(2) == nil)
    }

    @Test func `generated UUIDs have their version, and v7 begins with the time`() {
        let random = GeneratedUUID.v4()
        #expect(random.high >> 12 & 15 == 4 && random.low >> 62 == 2)
        let timed = GeneratedUUID.v7(milliseconds: 0x0123_4567_89ab)
        #expect(timed.description.hasPrefix("01234567-89ab-7"))
        #expect(timed.low >> 62 == 2)
        #expect(UUIDValue(timed.description) == timed)
        #expect(UUIDValue("01234567-89ab-7000-8000-00000000000g") == nil)
    }
}

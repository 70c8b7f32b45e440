import Postgres
import RowPipeline
import Testing

@Suite struct StreamTests {
    /// A program with every kind of operation, over the SELECT below.
    static let everything = RowProgram(
        inputs: [
            "id", "order_id", "is_order", "status", "context", "amount", "small", "at", "day", "flag", "name", "check",
        ]
        .map { .init(name: $0, type: 25) },
        outputs: [
            ColumnOperation.uuid(input: 0, entity: "own", asText: false),
            .copy(input: 0),
            .reference(.init(alternatives: [.init(entity: "orders", input: 1, condition: 2)], onOrphan: .null)),
            .map(
                .init(
                    input: 3,
                    entries: [.init(key: "1", value: text("draft")), .init(key: "2", value: nil)],
                    otherwise: .value(text("other")),
                    null: text("none")
                )
            ),
            .json(
                .init(
                    input: 4,
                    isBinary: true,
                    onInvalid: .repair,
                    references: [
                        .init(path: ["order"], entity: "orders", onOrphan: .null)
                    ]
                )
            ),
            .convert(input: 5, .numeric(precision: 8, scale: 2)),
            .convert(input: 6, .int8ToInt2),
            .convert(input: 7, .microseconds(decimals: 3)),
            .convert(input: 8, .textToDate),
            .convert(input: 9, .textToBool),
            .convert(input: 10, .text(maximumCharacters: 6, truncates: true)),
            .constant(bigEndian(Int32(-7))),
        ]
        .map { .init(name: "column", operation: $0, isNullable: true, isPersonal: false) },
        keyInput: 0,
        checkInput: 11
    )

    static let select = """
        SELECT n::bigint, (n % 40)::bigint, n % 3 = 0, nullif(n % 4, 0)::text,
        CASE n % 5 WHEN 0 THEN '{"order": ' || n % 40 || '}' WHEN 1 THEN '{''a'': ''é''}' WHEN 2 THEN '{' WHEN 3 THEN NULL
            ELSE '[1, "\\u00e9"]' END,
        round(n * 7919 / 100.0, 2), (n * 700)::bigint, timestamptz '2024-05-06 07:08:09.123+02' + n * interval '1 hour',
        to_char(date '1999-12-30' + n, 'YYYY-MM-DD'), CASE WHEN n % 2 = 0 THEN 'yes' ELSE ' f ' END,
        repeat('ä', n % 10), CASE WHEN n % 29 = 0 THEN 'licence' END
        FROM generate_series(-3, 120) AS n
        """

    static let identities = [
        "own": EntityIdentity(strategy: .ordered(tag: 1, seed: 11), owner: "own"),
        "orders": EntityIdentity(strategy: .ordered(tag: 2, seed: 22), owner: "orders"),
    ]

    static let environment = TransformEnvironment(
        entity: "own",
        parents: ["orders": .init(present: PresenceSet(1...20), pending: [33])],
        losers: [8]
    )

    /// What PostgreSQL sends for the SELECT.
    static func captured(_ connection: borrowing Connection) throws -> [UInt8] {
        try connection.copyOut("COPY (\(Self.select)) TO STDOUT (FORMAT binary)")
        var buffer = ByteBuffer()
        _ = try connection.readCopy(into: &buffer, until: .max)
        let bytes = buffer.bytes
        return (0..<bytes.byteCount).map { bytes.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
    }

    static func run(_ input: [UInt8], piece: Int = .max) throws(RowPipelineError) -> Outcome {
        try transform(
            input,
            program: Self.everything,
            identities: Self.identities,
            environment: Self.environment,
            piece: piece
        )
    }

    @Test func `postgresql takes the rows, and they say what its own SQL says`() throws {
        let connection = try openTestDatabase()
        try connection.execute(
            """
            CREATE SCHEMA godwit;
            CREATE TABLE public.rows (id uuid, legacy bigint, order_id uuid, status text, context jsonb, amount numeric(8,2),
                small smallint, at timestamptz(3), day date, flag boolean, name varchar(6), number integer);
            CREATE TABLE public.origin (legacy bigint, order_id bigint, is_order boolean, status text, context text,
                amount numeric, small bigint, at timestamptz, day text, flag text, name text, failed text);
            INSERT INTO public.origin \(Self.select);
            """
        )
        try connection.execute(
            IdentityFunctions.sql(entities: Self.identities.map { .init(name: $0, identity: $1) })
        )
        let outcome = try Self.run(Self.captured(connection))
        #expect(outcome.counters.read == 124)
        let expected = [
            "check:licence": 5, "duplicate": 1, "out_of_range": 71, "parent_pending": 1,
        ]
        #expect(outcome.counters.rejected == expected)
        try connection.copyIn("COPY public.rows FROM STDIN (FORMAT binary)")
        try connection.writeCopy(outcome.output.span.bytes)
        #expect(try connection.endCopy() == outcome.counters.migrated)
        let differences = try connection.query(
            """
            SELECT r.* FROM public.rows r JOIN public.origin o USING (legacy)
            WHERE (r.id, r.order_id, r.status, r.amount, r.small, r.at, r.day, r.flag, r.name, r.number) IS DISTINCT FROM
            (godwit.uuid('own', o.legacy),
             CASE WHEN o.is_order AND o.order_id BETWEEN 1 AND 20 THEN godwit.uuid('orders', o.order_id) END,
             CASE o.status WHEN '1' THEN 'draft' WHEN '2' THEN NULL ELSE CASE WHEN o.status IS NULL THEN 'none' ELSE 'other' END END,
             o.amount, o.small::smallint, o.at, o.day::date, o.flag::boolean, left(o.name, 6), -7)
            OR r.context IS DISTINCT FROM CASE o.legacy % 5
                WHEN 0 THEN jsonb_build_object('order', CASE WHEN o.legacy % 40 BETWEEN 1 AND 20
                    THEN godwit.uuid('orders', o.legacy % 40) END)
                WHEN 1 THEN '{"a": "é"}'::jsonb WHEN 4 THEN '[1, "é"]' END AND o.legacy >= 0
            """
        )
        #expect(differences.count == 0)
    }

    @Test(arguments: [1, 2, 3, 7, 19, 64, 1000]) func `rows are the same however the stream is cut`(piece: Int) throws {
        let input = try Self.captured(openTestDatabase())
        #expect(try Self.run(input, piece: piece) == Self.run(input))
    }

    @Test func `every truncation yields a beginning of the rows and no error`() throws {
        let input = Array(try Self.captured(openTestDatabase()).prefix(2500))
        let whole = try Self.run(input)
        var previous = 0
        for count in 0...input.count {
            let outcome = try Self.run(Array(input.prefix(count)))
            #expect(outcome.keys == Array(whole.keys.prefix(outcome.keys.count)))
            #expect(outcome.counters.read >= previous)
            previous = outcome.counters.read
        }
        #expect(previous > 10)
    }

    @Test func `damaged streams throw or reject, and never trap`() throws {
        var random = SeededGenerator.announced("streams", environment: environmentVariable("GODWIT_SEED"))
        let input = Array(try Self.captured(openTestDatabase()).prefix(1500))
        var refused = 0
        for _ in 0..<4000 {
            var damaged = input
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                damaged[Int.random(in: 0..<damaged.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            do throws(RowPipelineError) {
                _ = try Self.run(damaged)
            } catch {
                refused += 1
            }
        }
        for _ in 0..<2000 {
            let noise = (0..<Int.random(in: 0...300, using: &random))
                .map { _ in UInt8.random(in: 0...255, using: &random) }
            let start = Bool.random(using: &random) ? stream([], trailer: false) : []
            do throws(RowPipelineError) {
                _ = try Self.run(start + noise)
            } catch {
                refused += 1
            }
        }
        #expect(refused > 1000)
    }

    @Test func `a header with critical flags, an extension or a wrong signature`() throws {
        let row = Array(stream([[bigEndian(1), nil, nil]]).dropFirst(19))
        let copy = program([.copy(input: 0)])
        let header = Array(stream([], trailer: false))
        var extended = header
        extended[18] = 3
        #expect(try transform(extended + [9, 9, 9] + row, program: copy).counters.read == 1)
        for (place, value) in [(0, 0x51), (10, 1), (12, 1), (11, 0x80), (15, 0x80)] as [(Int, UInt8)] {
            var damaged = header
            damaged[place] = value
            #expect(throws: RowPipelineError.self) { try transform(damaged + row, program: copy) }
        }
        #expect(throws: RowPipelineError.self) { try transform(header + row + [0], program: copy) }
        #expect(throws: RowPipelineError.self) { try transform(stream([[bigEndian(1)]]), program: copy) }
        #expect(throws: RowPipelineError.self) { try transform(stream([[nil, nil, nil]]), program: copy) }
    }

    @Test func `random rows pass through unchanged`() throws {
        var random = SeededGenerator.announced("rows", environment: environmentVariable("GODWIT_SEED"))
        for _ in 0..<50 {
            let rows: [[[UInt8]?]] = (0..<Int.random(in: 0...40, using: &random))
                .map { number in
                    [bigEndian(Int64(number))]
                        + (0..<2)
                        .map { _ in
                            let length = Int.random(in: -1...300, using: &random)
                            return length < 0
                                ? nil : (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
                        }
                }
            let outcome = try transform(
                stream(rows),
                program: program([.copy(input: 0), .copy(input: 1), .copy(input: 2)])
            )
            #expect(outcome.output == stream(rows))
        }
    }
}

import RowPipeline

/// The largest entity of the reference migration, with a document of the size it has there.
enum NotificationRows {
    static let inputs = [
        "id", "profile_id", "order_id", "is_order", "is_case", "template_id", "channel", "context", "read_at",
        "created_at",
    ]

    static let entities = ["system_messages", "profiles", "orders", "cases", "templates"]

    /// So many rows fit into a processor's second cache, as the pieces do in which a slot reads.
    static let count = 500

    private static let ownUUID = ColumnOperation.uuid(input: 0, entity: "system_messages", asText: false)
    private static let parents: [ColumnOperation] = [
        .reference(.init(alternatives: [.init(entity: "profiles", input: 1, condition: nil)], onOrphan: .reject)),
        .reference(.init(alternatives: [.init(entity: "orders", input: 2, condition: 3)], onOrphan: .null)),
        .reference(.init(alternatives: [.init(entity: "cases", input: 2, condition: 4)], onOrphan: .null)),
        .reference(.init(alternatives: [.init(entity: "templates", input: 5, condition: nil)], onOrphan: .null)),
    ]
    private static let json = ColumnOperation.json(
        .init(input: 7, isBinary: true, onInvalid: .null, references: [])
    )
    private static let channel = ColumnOperation.map(
        .init(
            input: 6,
            entries: [("1", "in_app"), ("2", "email"), ("3", "sms")].map { .init(key: $0, value: Array($1.utf8)) },
            otherwise: .reject,
            null: nil
        )
    )

    static let program = Self.program(
        [Self.ownUUID, .copy(input: 0)] + Self.parents + [Self.channel, Self.json, .copy(input: 8), .copy(input: 9)]
    )
    static let references = Self.program([.copy(input: 0)] + Self.parents)
    static let document = Self.program([.copy(input: 0), Self.json])
    static let copies = Self.program((0..<10).map { ColumnOperation.copy(input: $0) })

    private static func program(_ operations: [ColumnOperation]) -> RowProgram {
        RowProgram(
            inputs: self.inputs.map { .init(name: $0, type: 25) },
            outputs: operations.enumerated()
                .map { .init(name: "column\($0)", operation: $1, isNullable: true, isPersonal: false) },
            keyInput: 0,
            checkInput: nil
        )
    }

    /// A binary COPY without header and trailer; every parent is there, and documents come in the order of `jsonb`.
    static let rows: [UInt8] = Self.makeRows(Self.context)
    /// The same with documents as an application writes them.
    static let unsortedRows: [UInt8] = Self.makeRows(Self.unsortedContext)

    private static func makeRows(_ context: (Int) -> [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        for index in 0..<self.count {
            let isOrder = index % 2 == 0
            let hasNoParent = index % 7 == 0
            let fields: [[UInt8]?] = [
                self.bigEndian(Int64(index)), self.bigEndian(Int64(index * 7 % 5000)),
                hasNoParent ? nil : self.bigEndian(Int64(index * 31 % 5000)), [isOrder ? 1 : 0], [isOrder ? 0 : 1],
                self.bigEndian(Int64(index % 40)), Array("\(index % 3 + 1)".utf8),
                index % 15 == 0 ? nil : context(index),
                index % 3 == 0 ? nil : self.bigEndian(Int64(index) * 1_000_000),
                self.bigEndian(Int64(index) * 999_999),
            ]
            bytes += self.bigEndian(Int16(fields.count))
            for field in fields { bytes += self.bigEndian(Int32(field?.count ?? -1)) + (field ?? []) }
        }
        return bytes
    }

    private static func context(_ index: Int) -> [UInt8] {
        let members = self.members(index)
        return self.object([7, 8, 6, 5, 4, 2, 3, 0, 1].map { members[$0] })
    }

    private static func unsortedContext(_ index: Int) -> [UInt8] {
        self.object(self.members(index))
    }

    private static func object(_ members: [String]) -> [UInt8] {
        Array("{\(members.joined(separator: ", "))}".utf8)
    }

    /// About 340 bytes: short strings, escapes and characters of several bytes here and there.
    private static func members(_ index: Int) -> [String] {
        let patient = ["Ivanova", "Kovács", "Schröder", "Becker"][index % 4]
        let text = String(repeating: "kindly reduce the occlusal contact by 0.2 mm. ", count: 1 + index % 3)
        return [
            "\"order_number\": \"A-\(index)\"", "\"patient_name\": \"\(patient)\"", "\"doctor_name\": \"Dr. Öztürk\"",
            "\"office_name\": \"Dental office \(index % 90)\"", "\"due_date\": \"2015-01-05\"",
            "\"urgent\": \(index % 5 == 0)", "\"price\": \(index).\(10 + index % 90)",
            "\"lines\": [{\"no\": 1, \"text\": \"\(text)\(index % 9 == 0 ? "\\n" : "")\"}]",
            "\"links\": {\"order\": \"https://lab.example/orders/\(index)\", \"unsubscribe\": null}",
        ]
    }

    static func bigEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
        (0..<(Value.bitWidth / 8)).reversed().map { UInt8(truncatingIfNeeded: value >> Value($0 * 8)) }
    }
}

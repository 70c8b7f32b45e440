import RowPipeline

/// Makes row programs of any operations, and streams of fields that mostly suit them.
struct RowProgramGenerator {
    var fuzz: Fuzz
    private var documents: DocumentGenerator

    init(fuzz: Fuzz) {
        self.fuzz = fuzz
        self.documents = DocumentGenerator(random: fuzz.random)
    }

    static let identities = [
        "own": EntityIdentity(strategy: .ordered(tag: 1, seed: 11), owner: "own"),
        "orders": EntityIdentity(strategy: .ordered(tag: 4095, seed: .max), owner: "orders"),
        "cases": EntityIdentity(strategy: .v5(namespace: [UInt8](repeating: 7, count: 16)), owner: "cases"),
        "users": EntityIdentity(strategy: .v4, owner: "users"),
        "profiles": EntityIdentity(strategy: .stored, owner: "users"),
    ]

    static let environment = TransformEnvironment(
        entity: "own",
        parents: [
            "own": .init(present: PresenceSet(-5...9)),
            "orders": .init(present: PresenceSet(-20...200), pending: [33], awaitedRanges: [300...400]),
            "cases": .init(present: PresenceSet([1, 5, 70_000, .max, .min])),
        ],
        losers: [8],
        recordsPresence: true,
        maximumJSONDepth: 100
    )

    /// A transformer that runs a program of this generator's.
    static func transformer(of program: RowProgram) throws -> RowTransformer {
        try RowTransformer(program: program, identities: Self.identities, environment: Self.environment)
    }

    mutating func program() -> RowProgram {
        let inputs = Int.random(in: 1...8, using: &self.fuzz.random)
        return RowProgram(
            inputs: (0..<inputs).map { .init(name: "input\($0)", type: 25) },
            outputs: (0..<Int.random(in: 1...8, using: &self.fuzz.random))
                .map { number in
                    .init(
                        name: "output\(number)",
                        operation: self.operation(inputs: inputs),
                        isNullable: .random(using: &self.fuzz.random),
                        isPersonal: .random(using: &self.fuzz.random)
                    )
                },
            keyInput: 0,
            checkInput: inputs > 2 && Bool.random(using: &self.fuzz.random) ? inputs - 1 : nil
        )
    }

    private mutating func operation(inputs: Int) -> ColumnOperation {
        let input = Int.random(in: 0..<inputs, using: &self.fuzz.random)
        switch Int.random(in: 0..<8, using: &self.fuzz.random) {
        case 0: return .copy(input: input)
        case 1, 2: return .convert(input: input, self.conversion())
        case 3: return .constant(Bool.random(using: &self.fuzz.random) ? nil : self.fuzz.noise(0...9))
        case 4: return .uuid(input: input, entity: self.entity(), asText: .random(using: &self.fuzz.random))
        case 5:
            let alternatives = (0..<Int.random(in: 1...3, using: &self.fuzz.random))
                .map { _ in
                    ReferenceOperation.Alternative(
                        entity: self.entity(),
                        input: .random(in: 0..<inputs, using: &self.fuzz.random),
                        condition: Bool.random(using: &self.fuzz.random)
                            ? nil : .random(in: 0..<inputs, using: &self.fuzz.random)
                    )
                }
            return .reference(
                .init(
                    alternatives: alternatives,
                    onOrphan: self.orphanAction(),
                    isUnchecked: .random(using: &self.fuzz.random)
                )
            )
        case 6:
            return .map(
                .init(
                    input: input,
                    entries: [.init(key: "", value: []), .init(key: "1", value: nil), .init(key: "é", value: [1, 2])],
                    otherwise: Bool.random(using: &self.fuzz.random) ? .reject : .value(nil),
                    null: nil
                )
            )
        default:
            let references = (0..<Int.random(in: 0...3, using: &self.fuzz.random))
                .map { _ in
                    JSONOperation.EmbeddedReference(
                        path: self.pick([
                            ["id"], ["case_id"], ["[*]", "id"], ["é", "[*]"], ["[*]"], ["A", "a", "id"],
                        ]),
                        entity: self.entity(),
                        onOrphan: self.orphanAction()
                    )
                }
            return .json(
                .init(
                    input: input,
                    isBinary: .random(using: &self.fuzz.random),
                    onInvalid: self.pick([.null, .reject, .repair, .repair, .wrap]),
                    references: references
                )
            )
        }
    }

    private mutating func conversion() -> Conversion {
        self.pick([
            .text(maximumCharacters: 3, truncates: true), .text(maximumCharacters: 0, truncates: false), .int8ToInt4,
            .int8ToInt2, .numeric(precision: 8, scale: 2), .numeric(precision: 1, scale: 0), .microseconds(decimals: 0),
            .microseconds(decimals: 6), .textToInteger(bytes: 2), .textToInteger(bytes: 4), .textToInteger(bytes: 8),
            .textToBool, .textToUUID, .textToDate, .arrayElementType(25),
        ])
    }

    private mutating func entity() -> String {
        self.pick(["own", "orders", "cases", "users", "profiles"])
    }

    private mutating func orphanAction() -> OrphanAction {
        self.pick([.reject, .null, .placeholder(1), .placeholder(.max), .fail])
    }

    private mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int.random(in: 0..<elements.count, using: &self.fuzz.random)]
    }

    /// Rows whose first field is a key and whose others are of any kind.
    mutating func rows(of program: RowProgram) -> [[[UInt8]?]] {
        (0..<Int.random(in: 0...6, using: &self.fuzz.random))
            .map { _ in
                [bigEndian(self.integer())] + (1..<program.inputs.count).map { _ in self.field() }
            }
    }

    private mutating func integer() -> Int64 {
        self.pick([
            0, 1, -1, .random(in: -50...500, using: &self.fuzz.random), 1 << 47, -(1 << 47), 1 << 47 - 1, .max, .min,
            .random(in: .min ... .max, using: &self.fuzz.random),
        ])
    }

    private mutating func field() -> [UInt8]? {
        switch Int.random(in: 0..<9, using: &self.fuzz.random) {
        case 0: return nil
        case 1, 2: return bigEndian(self.integer())
        case 3: return [self.pick([0, 1, 2])]
        case 4: return self.numeric()
        case 5, 6: return text(self.documents.document())
        case 7:
            return text(
                self.pick([
                    "1", "-0", "9223372036854775808", "+ 7", " yes ", "of", "2024-02-30", "infinity", "0001-01-01 BC",
                    "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "{a0eebc999c0b4ef8bb6d6bb9bd380a11}", "", "é",
                ])
            )
        default: return self.fuzz.noise(0...40)
        }
    }

    /// As numeric_send writes it, mostly: digits, weight, sign, scale, base-10,000 digits.
    private mutating func numeric() -> [UInt8] {
        let digits = Int16.random(in: 0...4, using: &self.fuzz.random)
        var words: [Int16] = [
            self.pick([digits, digits, digits, .max, -1]), self.pick([0, 1, -3, .max, .min]),
            self.pick([0, 0x4000, -0x4000, 0x7000]), self.pick([0, 2, .max, -1]),
        ]
        for _ in 0..<digits { words.append(.random(in: -1...10_000, using: &self.fuzz.random)) }
        return words.flatMap { bigEndian($0) }
    }
}

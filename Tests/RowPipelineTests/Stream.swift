import RowPipeline

/// A binary COPY stream made by hand: rows of optional fields.
func stream(_ rows: [[[UInt8]?]], header: Bool = true, trailer: Bool = true) -> [UInt8] {
    var bytes: [UInt8] = []
    if header { bytes += Array("PGCOPY\n".utf8) + [0xff, 0x0d, 0x0a, 0, 0, 0, 0, 0, 0, 0, 0, 0] }
    for row in rows {
        bytes += bigEndian(Int16(row.count))
        for field in row {
            bytes += bigEndian(Int32(field?.count ?? -1)) + (field ?? [])
        }
    }
    return trailer ? bytes + bigEndian(Int16(-1)) : bytes
}

/// A number in network byte order.
func bigEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    (0..<(Value.bitWidth / 8)).reversed().map { UInt8(truncatingIfNeeded: value >> Value($0 * 8)) }
}

/// A text's bytes.
func text(_ text: String) -> [UInt8] {
    Array(text.utf8)
}

/// What a transformer made of a whole stream.
struct Outcome: Equatable {
    var output: [UInt8] = []
    var keys: [Int64] = []
    var rejects: [RejectedRow] = []
    var counters: RowCounters

    /// Adds what was made of an input.
    mutating func take(_ buffer: borrowing CopyBuffer, of input: [UInt8]) {
        self.output += buffer.contents(of: input)
        self.keys += (0..<buffer.rowCount).map { buffer.key(ofRow: $0) }
    }

    /// Reads the output back into fields.
    var rows: [[[UInt8]?]] {
        var rows: [[[UInt8]?]] = []
        var position = 19
        while position + 2 < self.output.count {
            let count = Int(self.output[position]) << 8 | Int(self.output[position + 1])
            position += 2
            var row: [[UInt8]?] = []
            for _ in 0..<count {
                let length = self.output[position..<(position + 4)].reduce(Int32(0)) { $0 << 8 | Int32($1) }
                position += 4
                row.append(length < 0 ? nil : Array(self.output[position..<(position + Int(length))]))
                position += Int(max(length, 0))
            }
            rows.append(row)
        }
        return rows
    }
}

/// Transforms a stream that arrives in pieces of a size, carrying the rest of each piece over.
func transform(
    _ input: [UInt8],
    program: RowProgram,
    identities: [String: EntityIdentity] = [:],
    environment: TransformEnvironment = TransformEnvironment(entity: "own"),
    piece: Int = .max
) throws(RowPipelineError) -> Outcome {
    var transformer = try RowTransformer(program: program, identities: identities, environment: environment)
    return try transform(input, with: &transformer, piece: piece)
}

/// The same with a transformer that has a past.
func transform(
    _ input: [UInt8],
    with transformer: inout RowTransformer,
    columns: Int = 16,
    piece: Int = .max
) throws(RowPipelineError) -> Outcome {
    var buffer = CopyBuffer(capacity: 64)
    var outcome = Outcome(counters: RowCounters(columns: columns))
    buffer.beginCopy()
    transformer.beginStream()
    var carried: [UInt8] = []
    var start = 0
    while start < input.count {
        let end = piece < input.count - start ? start + piece : input.count
        carried += input[start..<end]
        start = end
        let consumed = try transformer.transform(
            carried.span.bytes,
            into: &buffer,
            rejects: &outcome.rejects,
            counters: &outcome.counters
        )
        if buffer.refersToInput {
            outcome.take(buffer, of: carried)
            buffer.clear()
        }
        carried.removeFirst(consumed)
    }
    buffer.endCopy()
    outcome.take(buffer, of: [])
    return outcome
}

extension CopyBuffer {
    /// A copy of the bytes; `input` is what the rows were made from.
    func contents(of input: [UInt8]) -> [UInt8] {
        var contents: [UInt8] = []
        self.forEachPiece(of: input.span.bytes) { piece in
            contents += (0..<piece.byteCount).map { piece.unsafeLoad(fromByteOffset: $0, as: UInt8.self) }
        }
        return contents
    }
}

/// A program over int8 and text inputs; the key is input 0.
func program(_ outputs: [ColumnOperation], inputs: Int = 3, isNullable: Bool = true, isPersonal: Bool = false)
    -> RowProgram
{
    RowProgram(
        inputs: (0..<inputs).map { .init(name: "input\($0)", type: $0 == 0 ? 20 : 25) },
        outputs: outputs.enumerated()
            .map {
                .init(name: "output\($0)", operation: $1, isNullable: isNullable, isPersonal: isPersonal)
            },
        keyInput: 0,
        checkInput: nil
    )
}

import RowPipeline
import Testing

@Suite struct FuzzTests {
    /// Runs a stream through a program as a worker does: in pieces, with the lookups each piece asks for.
    private static func feed(_ input: [UInt8], to transformer: inout RowTransformer, piece: Int)
        throws(RowPipelineError)
    {
        var output = CopyBuffer(capacity: 64)
        var rejects: [RejectedRow] = []
        var counters = RowCounters(columns: 16)
        output.beginCopy()
        transformer.beginStream()
        var carried: [UInt8] = []
        var start = 0
        repeat {
            let end = min(input.count, start + piece)
            carried += input[start..<end]
            start = end
            var wanted: [String: [Int64]] = [:]
            try transformer.collectLookups(carried.span.bytes, into: &wanted)
            for (entity, ids) in wanted {
                let found = ids.filter { $0 & 1 == 0 }
                    .map { (id: $0, uuid: UUIDValue(high: 7, low: UInt64(bitPattern: $0))) }
                transformer.addLookups(entity, found: found, absent: ids.filter { $0 & 1 == 1 })
            }
            let consumed = try transformer.transform(
                carried.span.bytes,
                into: &output,
                rejects: &rejects,
                counters: &counters
            )
            carried.removeFirst(consumed)
        } while start < input.count
        #expect(counters.read == counters.migrated + counters.rejectedTotal)
        #expect(output.rowCount == counters.migrated)
    }

    @Test func `copy streams of all kinds through programs of all kinds`() throws {
        var generator = RowProgramGenerator(fuzz: Fuzz("copy streams", inputs: 6000))
        var refused = 0
        var tried = 0
        while tried < generator.fuzz.inputs {
            let program = generator.program()
            var transformer = try RowProgramGenerator.transformer(of: program)
            for _ in 0..<20 {
                let valid = stream(generator.rows(of: program))
                let input =
                    switch Int.random(in: 0..<8, using: &generator.fuzz.random) {
                    case 0: valid
                    case 1: generator.fuzz.noise(0...200)
                    case 2: Array(valid.prefix(19)) + generator.fuzz.noise(0...200)
                    case 3: Array(valid.prefix(.random(in: 0...valid.count, using: &generator.fuzz.random)))
                    default: generator.fuzz.mutated(valid)
                    }
                do throws(RowPipelineError) {
                    try Self.feed(input, to: &transformer, piece: [.max >> 1, 1, 7, 40][tried % 4])
                } catch {
                    refused += 1
                }
                tried += 1
            }
        }
        #expect(refused > tried / 10 && refused < tried)
        generator.fuzz.finish(tried)
    }

    @Test func `every truncation of streams through programs of all kinds`() throws {
        var generator = RowProgramGenerator(fuzz: Fuzz("truncations", inputs: 4000))
        var tried = 0
        while tried < generator.fuzz.inputs {
            let program = generator.program()
            var transformer = try RowProgramGenerator.transformer(of: program)
            let valid = stream(generator.rows(of: program))
            for count in 0...valid.count {
                // Refused rows may be refused at any length; what counts is that nothing traps.
                do throws(RowPipelineError) {
                    try Self.feed(Array(valid.prefix(count)), to: &transformer, piece: .max >> 1)
                } catch {
                    #expect(!error.message.isEmpty)
                }
            }
            tried += valid.count + 1
        }
        generator.fuzz.finish(tried)
    }

    @Test(arguments: [JSONOperation.InvalidAction.null, .reject, .repair, .wrap])
    func `documents of all kinds`(action: JSONOperation.InvalidAction) throws {
        var fuzz = Fuzz("documents, \(action.rawValue)", inputs: 8000)
        var documents = DocumentGenerator(random: fuzz.random)
        let references = [["id"], ["case_id", "[*]"], ["[*]", "id"], ["é"]]
            .map {
                JSONOperation.EmbeddedReference(path: $0, entity: "orders", onOrphan: .null)
            }
        var tried = 0
        while tried < fuzz.inputs {
            let batch = (0..<50)
                .map { number -> [[UInt8]?] in
                    let document = text(documents.document())
                    let bytes =
                        switch number % 6 {
                        case 0: fuzz.noise(0...60)
                        case 1: Self.python(document)
                        case 2: Self.nested(document, levels: .random(in: 0...150, using: &fuzz.random))
                        case 3: Array(document.prefix(.random(in: 0...document.count, using: &fuzz.random)))
                        case 4: fuzz.mutated(document)
                        default: document
                        }
                    return [bigEndian(Int64(number)), bytes, nil]
                }
            let outcome = try transform(
                stream(batch),
                program: program([
                    .json(
                        .init(input: 1, isBinary: tried % 100 == 0, onInvalid: action, references: references)
                    )
                ]),
                identities: RowProgramGenerator.identities,
                environment: RowProgramGenerator.environment
            )
            #expect(outcome.counters.read == batch.count)
            #expect(outcome.rows.count + outcome.rejects.count == batch.count)
            tried += batch.count
        }
        fuzz.finish(tried)
    }

    /// JSON as Python prints it, more or less.
    private static func python(_ document: [UInt8]) -> [UInt8] {
        document.map { $0 == UInt8(ascii: "\"") ? UInt8(ascii: "'") : $0 }
    }

    private static func nested(_ document: [UInt8], levels: Int) -> [UInt8] {
        let isList = levels.isMultiple(of: 2)
        let opening = Array((isList ? "[" : "{\"id\":").utf8)
        return (0..<levels).flatMap { _ in opening } + document
            + [UInt8](repeating: UInt8(ascii: isList ? "]" : "}"), count: levels)
    }

    @Test func `presence sets of all kinds`() {
        var fuzz = Fuzz("presence sets", inputs: 4000)
        let seeds = [
            PresenceSet([1, 2, 3, 9, 70_000, 70_002, 70_005, .max, .min]), PresenceSet(0...9000),
            PresenceSet(stride(from: 0, to: 60_000, by: 2).map { Int64($0) }), PresenceSet(),
        ]
        .map { $0.serialized() }
        var refused = 0
        for number in 0..<fuzz.inputs {
            let valid = seeds[number % seeds.count]
            let bytes =
                switch number % 5 {
                case 0: fuzz.noise(0...80)
                case 1: Array(valid.prefix(.random(in: 0...valid.count, using: &fuzz.random)))
                default: fuzz.mutated(valid)
                }
            do throws(RowPipelineError) {
                var set = try PresenceSet(serialized: bytes)
                var count = 0
                set.visit { _ in count += 1 }
                #expect(count == set.count)
                let id = Int64(bitPattern: fuzz.random.next())
                set.insert(id)
                set.insert(id >> 48)
                set.formUnion(PresenceSet([id &+ 1, 5]))
                #expect(set.contains(id) && set.contains(5))
                let wasThere = set.remove(id)
                #expect(wasThere)
                #expect(try PresenceSet(serialized: set.serialized()).count == set.count)
            } catch {
                refused += 1
            }
        }
        #expect(refused > fuzz.inputs / 4)
        fuzz.finish(fuzz.inputs)
    }
}

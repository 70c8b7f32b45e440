/// Turns rows of the source's binary COPY into rows of the target's; one per slot, its buffers reused.
///
/// A row is rejected for the first of these that applies: its row check (`check:NAME`), a lost unique constraint
/// (`duplicate`), then its output columns in their order, each with its own reason before `null_value`.
package struct RowTransformer: ~Copyable {
    let program: RowProgram
    let steps: [CompiledStep]
    let isNullable: [Bool]
    var parents: [ParentEntity]
    let references: [CompiledReference]
    let alternatives: [CompiledReference.Alternative]
    let maps: [CompiledMap]
    let documents: [CompiledJSON]
    var scanners: [JSONReferenceScanner]
    let constants: [[UInt8]]

    var reader: TupleReader
    var checker: JSONChecker
    var repair: JSONRepair
    private let losers: PresenceSet
    private var loserCursor = PresenceSet.Cursor()
    private let recordsPresence: Bool
    private let wideRow: Int

    /// Adjustments of the row at hand, counted when it is kept.
    var notes: [Int] = []
    /// The parent and id that the field at hand failed on.
    var culprit: (parent: Int, id: Int64) = (0, 0)
    /// The UUID made for the row at hand.
    var generated: UUIDValue?

    /// Bytes from which on a field of the row at hand stays in the input.
    var largeField = Int.max
    /// What of the row at hand stays there.
    var segments: [InputSegment] = []

    /// Keys of the rows written since the last `takePresence()`, where the environment asks for them.
    private var presence = PresenceSet()
    /// Keys read so far, where the caller wants to hear of the first that comes again; nil otherwise.
    private var seen: PresenceSet?
    /// The key of the last row that was read.
    package private(set) var lastKey: Int64?
    /// The first key that was read a second time.
    package private(set) var repeatedKey: Int64?

    /// Compiles a program; throws where it names inputs or entities that do not exist.
    package init(
        program: RowProgram,
        identities: [String: EntityIdentity],
        environment: TransformEnvironment
    ) throws(RowPipelineError) {
        let compiler = try ProgramCompiler(program: program, identities: identities, environment: environment)
        self.program = program
        self.steps = compiler.steps
        self.isNullable = program.outputs.map { $0.isNullable }
        self.parents = compiler.parents
        self.references = compiler.references
        self.alternatives = compiler.alternatives
        self.maps = compiler.maps
        self.documents = compiler.documents
        self.scanners = compiler.scanners
        self.constants = compiler.constants
        self.reader = TupleReader(columns: program.inputs.count)
        self.checker = JSONChecker(maximumDepth: environment.maximumJSONDepth)
        self.repair = JSONRepair(maximumDepth: environment.maximumJSONDepth)
        self.losers = environment.losers
        self.recordsPresence = environment.recordsPresence
        self.wideRow = environment.wideRow
    }

    /// Expects a new stream, beginning with its header.
    package mutating func beginStream() {
        self.reader.beginStream()
    }

    /// Watches for keys that are read a second time, from here on.
    package mutating func watchForRepeatedKeys() {
        self.seen = PresenceSet()
    }

    /// Whether the stream's trailer has been read.
    package var isAtEnd: Bool {
        self.reader.state == .ended
    }

    /// Transforms the whole tuples at the beginning of the input and returns how many bytes they have.
    ///
    /// The caller presents the rest again, in front of what arrives next; where the output refers to the input, only when
    /// it has been sent.
    package mutating func transform(
        _ input: RawSpan,
        into output: inout CopyBuffer,
        rejects: inout [RejectedRow],
        counters: inout RowCounters
    ) throws(RowPipelineError) -> Int {
        precondition(!output.refersToInput, "what refers to one input is sent before the next one comes")
        var position = 0
        var end = 0
        var start = 0
        while try self.reader.next(input, &position) {
            (start, end) = (end, position)
            // A 64th keeps what is copied of a row of many fields small.
            self.largeField = end &- start < self.wideRow ? .max : max(1, self.wideRow / 64)
            let keyField = self.reader.fields[self.program.keyInput]
            guard keyField.length == 8 else { throw TupleReader.malformed("the key is not an int8") }
            let key = input.integer(keyField.start, as: Int64.self)
            counters.read += 1
            self.lastKey = key
            if self.seen?.insert(key) == false { self.repeatedKey = self.repeatedKey ?? key }
            if let reject = try self.transformRow(input, key, &output) {
                counters.reject(reject.reason)
                rejects.append(reject)
            } else {
                counters.migrated += 1
                for note in self.notes { counters.adjust(note) }
                if self.recordsPresence { self.presence.insert(key) }
            }
        }
        try self.checkMemory(&output, lastRow: end - start)
        return position
    }

    /// Throws where a buffer was refused memory: what was made of the rows is then not what it should be.
    ///
    /// Once for all rows of an input; a wide row is its last.
    private func checkMemory(_ output: inout CopyBuffer, lastRow: Int) throws(RowPipelineError) {
        let refused = max(output.refusedBytes(), self.repair.output.refusedBytes)
        guard refused > 0 else { return }
        throw RowPipelineError(
            .outOfMemory,
            "making rows for the target: this process got no memory for \(refused) bytes; the last row has \(lastRow) bytes"
        )
    }

    private mutating func transformRow(
        _ input: RawSpan,
        _ key: Int64,
        _ output: inout CopyBuffer
    ) throws(RowPipelineError) -> RejectedRow? {
        if let checkInput = self.program.checkInput, !self.reader.fields[checkInput].isNull {
            let name = String(decoding: self.field(checkInput, of: input), as: UTF8.self)
            return RejectedRow(key: key, column: nil, reason: .check(name), detail: "")
        }
        if !self.losers.isEmpty, self.losers.contains(key, near: &self.loserCursor) {
            return RejectedRow(key: key, column: nil, reason: .duplicate, detail: "another row keeps the unique value")
        }
        if !self.notes.isEmpty { self.notes.removeAll(keepingCapacity: true) }
        self.generated = nil
        let start = output.beginRow(fields: self.steps.count)
        for column in 0..<self.steps.count {
            let verdict = self.write(column, input, &output.storage)
            switch verdict {
            case .value:
                continue
            case .null:
                if self.isNullable[column] { continue }
            default:
                break
            }
            output.dropRow(from: start)
            if !self.segments.isEmpty { self.segments.removeAll() }
            return try self.reject(key, column, verdict, input)
        }
        output.keepRow(from: start, key: key)
        if !self.segments.isEmpty {
            output.refer(to: self.segments)
            self.segments.removeAll()
        }
        return nil
    }

    /// Keys of the rows written since the last call, for the shard's bitmap.
    package mutating func takePresence() -> PresenceSet {
        let result = self.presence
        self.presence = PresenceSet()
        return result
    }

    /// Forgets a row that the server refused.
    package mutating func withdraw(key: Int64) {
        self.presence.remove(key)
    }
}

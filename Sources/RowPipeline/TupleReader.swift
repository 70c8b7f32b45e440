/// Walks the tuples of a binary COPY stream that arrives in pieces.
///
/// https://www.postgresql.org/docs/15/sql-copy.html (Binary Format)
struct TupleReader: Sendable {
    /// Where a field's bytes stand in the input; a length of -1 is NULL.
    struct Field: Sendable {
        var start: Int
        var length: Int

        var isNull: Bool {
            self.length < 0
        }
    }

    enum State: Sendable {
        /// The header is still to come. Can transition to: rows.
        case header
        /// Between two tuples. Can transition to: ended.
        case rows
        /// The trailer has been read; nothing may follow.
        case ended
    }

    private(set) var state = State.header
    /// The fields of the tuple that `next` found.
    private(set) var fields: [Field]

    init(columns: Int) {
        self.fields = [Field](repeating: Field(start: 0, length: -1), count: columns)
    }

    mutating func beginStream() {
        self.state = .header
    }

    /// Moves the position behind the next tuple; false where the input holds no further whole tuple.
    mutating func next(_ input: RawSpan, _ position: inout Int) throws(RowPipelineError) -> Bool {
        if self.state == .header {
            guard try self.readHeader(input, &position) else { return false }
        }
        guard self.state == .rows else {
            if position < input.byteCount { throw Self.malformed("bytes follow the trailer") }
            return false
        }
        let end = input.byteCount
        guard end - position >= 2 else { return false }
        let count = Int(input.integer(position, as: Int16.self))
        if count == -1 {
            self.state = .ended
            position += 2
            return try self.next(input, &position)
        }
        guard count == self.fields.count else {
            throw Self.malformed("a row has \(count) fields instead of \(self.fields.count)")
        }
        var offset = position &+ 2
        // Borrowed once, so that the array is not asked for every field whether it is shared.
        var fields = self.fields.mutableSpan
        for index in 0..<count {
            guard end &- offset >= 4 else { return false }
            let length = Int(input.integer(offset, as: Int32.self))
            offset &+= 4
            fields[index] = Field(start: offset, length: length)
            if length < 0 {
                guard length == -1 else { throw Self.malformed("a field has the length \(length)") }
                continue
            }
            guard end &- offset >= length else { return false }
            offset &+= length
        }
        position = offset
        return true
    }

    private mutating func readHeader(_ input: RawSpan, _ position: inout Int) throws(RowPipelineError) -> Bool {
        let signature = CopyBuffer.header.prefix(11)
        for (index, byte) in signature.enumerated() where position + index < input.byteCount {
            guard input.byte(position + index) == byte else { throw Self.malformed("the signature is wrong") }
        }
        guard input.byteCount - position >= 19 else { return false }
        // Bits 16–31 are critical flags; the lower ones may be ignored.
        guard input.integer(position + 11, as: UInt32.self) >> 16 == 0 else {
            throw Self.malformed("the header has unknown critical flags")
        }
        let extensionSize = Int(input.integer(position + 15, as: Int32.self))
        guard extensionSize >= 0 else { throw Self.malformed("the header's extension has a negative length") }
        guard input.byteCount - position - 19 >= extensionSize else { return false }
        position += 19 + extensionSize
        self.state = .rows
        return true
    }

    static func malformed(_ what: String) -> RowPipelineError {
        RowPipelineError(.malformedStream, "the source's binary COPY cannot be read: \(what)")
    }
}

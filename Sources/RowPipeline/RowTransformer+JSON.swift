extension RowTransformer {
    /// Writes a JSON column: checked, mended by the plan's policy where it is invalid, ids inside it translated.
    mutating func writeJSON(
        _ column: Int,
        _ index: Int,
        _ input: RawSpan,
        _ output: inout UnsafeByteBuffer
    ) -> FieldVerdict {
        let field = self.reader.fields[self.documents[index].input]
        if field.isNull { return Self.writeNull(&output) }
        let isBinary = self.documents[index].isBinary
        let text = Self.bytes(field, of: input)
        if self.checker.accepts(text, as: isBinary ? .jsonb : .json) {
            return self.writeDocument(column, index, text, at: field.start, &output)
        }
        switch self.documents[index].onInvalid {
        case .reject:
            return .invalidJSON
        case .null:
            break
        case .repair:
            if let verdict = self.writeRepaired(column, index, text, &output) { return verdict }
        case .wrap:
            guard text.byteCount <= JSONChecker.maximumStringBytes else { break }
            self.note(column, .jsonWrapped)
            let start = Self.beginDocument(isBinary, &output)
            output.append(Self.wrapping)
            for position in 0..<text.byteCount { output.appendEscapedJSON(text.byte(position)) }
            output.append(UInt8(ascii: "\""))
            output.append(UInt8(ascii: "}"))
            return self.endDocument(from: start, &output)
        }
        self.note(column, .jsonNull)
        return Self.writeNull(&output)
    }

    /// Writes what can be mended; nil where the text cannot.
    private mutating func writeRepaired(
        _ column: Int,
        _ index: Int,
        _ text: RawSpan,
        _ output: inout UnsafeByteBuffer
    ) -> FieldVerdict? {
        guard self.repair.mend(text) else { return nil }
        // Taken out, so that the text can be read while the rest of the transformer changes; an empty buffer is small.
        var mended = UnsafeByteBuffer(capacity: 0)
        self.repair.exchangeOutput(with: &mended)
        let isValid = self.checker.accepts(mended.bytes, as: self.documents[index].isBinary ? .jsonb : .json)
        var verdict: FieldVerdict?
        if isValid {
            self.note(column, .jsonRepaired)
            verdict = self.writeDocument(column, index, mended.bytes, at: nil, &output)
        }
        self.repair.exchangeOutput(with: &mended)
        return verdict
    }

    private static let wrapping: [UInt8] = Array("{\"raw\": \"".utf8)

    /// Writes a valid document; `inputStart` is where it stands in the input, nil where it doesn't.
    private mutating func writeDocument(
        _ column: Int,
        _ index: Int,
        _ text: RawSpan,
        at inputStart: Int?,
        _ output: inout UnsafeByteBuffer
    ) -> FieldVerdict {
        let start = Self.beginDocument(self.documents[index].isBinary, &output)
        guard !self.documents[index].embedded.isEmpty else {
            if self.documents[index].isBinary, text.byteCount < self.largeField, self.checker.members.sort(text) {
                self.writeSorted(text, &output)
            } else {
                self.append(text, at: inputStart, &output)
            }
            return self.endDocument(from: start, &output)
        }
        self.scanners[index].scan(text)
        var copied = 0
        for number in 0..<self.scanners[index].occurrences.count {
            let occurrence = self.scanners[index].occurrences[number]
            let before = text.extracting(copied..<occurrence.range.lowerBound)
            self.append(before, at: inputStart.map { $0 &+ copied }, &output)
            copied = occurrence.range.upperBound
            let embedded = self.documents[index].embedded[occurrence.reference]
            let verdict = self.writeEmbedded(column, embedded, occurrence.id, &output)
            guard verdict == .value else { return verdict }
        }
        self.append(text.extracting(copied..<text.byteCount), at: inputStart.map { $0 &+ copied }, &output)
        return self.endDocument(from: start, &output)
    }

    /// Writes an object with its members in the order in which `jsonb` keeps them, which spares the server a sort.
    private mutating func writeSorted(_ text: RawSpan, _ output: inout UnsafeByteBuffer) {
        var separator = UInt8(ascii: "{")
        for place in 0..<self.checker.members.count {
            output.append(separator)
            output.append(text.extracting(self.checker.members.range(at: place)))
            separator = UInt8(ascii: ",")
        }
        output.append(UInt8(ascii: "}"))
    }

    private mutating func writeEmbedded(
        _ column: Int,
        _ embedded: CompiledJSON.Embedded,
        _ id: Int64,
        _ output: inout UnsafeByteBuffer
    ) -> FieldVerdict {
        self.culprit = (embedded.parent, id)
        var resolution = self.parents[embedded.parent].resolve(id)
        if case .absent = resolution {
            switch embedded.onOrphan {
            case .reject: return .orphan
            case .fail: return .stop
            case .null:
                self.note(column, .nullOrphan)
                output.append(Self.nullWord)
                return .value
            case .placeholder(let placeholder):
                self.note(column, .placeholder)
                resolution = self.parents[embedded.parent].resolve(placeholder)
            }
        }
        switch resolution {
        case .absent: return .orphan
        case .pending: return .pending
        case .outOfRange: return .outOfRange
        case .uuid(let uuid):
            output.append(UInt8(ascii: "\""))
            output.append(uuid)
            output.append(UInt8(ascii: "\""))
            return .value
        }
    }

    private static let nullWord: [UInt8] = Array("null".utf8)

    /// Leaves room for the length, and writes the version byte that precedes a `jsonb` text.
    private static func beginDocument(_ isBinary: Bool, _ output: inout UnsafeByteBuffer) -> Int {
        let start = output.count
        output.append(integer: Int32(0))
        if isBinary { output.append(1 as UInt8) }
        return start
    }

    private func endDocument(from start: Int, _ output: inout UnsafeByteBuffer) -> FieldVerdict {
        var size = output.count - start - 4
        for segment in self.segments where segment.offset > start { size += segment.range.count }
        guard let length = Int32(exactly: size) else { return .tooLong }
        output.store(length, at: start)
        return .value
    }
}

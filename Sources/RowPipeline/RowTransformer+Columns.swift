/// The per-field part: every method writes one whole field, or a verdict and nothing that counts.
extension RowTransformer {
    mutating func write(_ column: Int, _ input: RawSpan, _ output: inout UnsafeByteBuffer) -> FieldVerdict {
        switch self.steps[column] {
        case .copy(let index):
            let field = self.reader.fields[index]
            if field.isNull { return Self.writeNull(&output) }
            if field.length == 8 {
                output.append(integer: Int32(8), input.integer(field.start, as: UInt64.self))
                return .value
            }
            guard field.length < self.largeField else { return self.leave(field, &output) }
            // The length precedes the bytes in the input too.
            output.append(input.extracting((field.start &- 4)..<(field.start &+ field.length)))
            return .value
        case .text(let index, let maximum, let truncates):
            return self.writeText(column, index, maximum, truncates, input, &output)
        case .convert(let index, let conversion):
            let field = self.reader.fields[index]
            if field.isNull { return Self.writeNull(&output) }
            return FieldConversion.write(conversion, Self.bytes(field, of: input), into: &output)
        case .constant(let index):
            output.append(self.constants[index])
            return self.constants[index][0] == 0xff ? .null : .value
        case .uuid(let index, let parent, let asText):
            let field = self.reader.fields[index]
            if field.isNull { return Self.writeNull(&output) }
            guard field.length == 8 else { return .malformed }
            let id = input.integer(field.start, as: Int64.self)
            self.culprit = (parent, id)
            return Self.write(self.parents[parent].compute(id), asText: asText, &output)
        case .shared(let index, let parent, let asText):
            let field = self.reader.fields[index]
            guard field.length == 8 else { return .malformed }
            let id = input.integer(field.start, as: Int64.self)
            self.culprit = (parent, id)
            return Self.write(self.parents[parent].resolve(id), asText: asText, &output)
        case .stored(let index, let parent, let asText):
            let field = self.reader.fields[index]
            guard field.length == 8 else { return .malformed }
            if case .uuid(let uuid) = self.parents[parent].compute(input.integer(field.start, as: Int64.self)) {
                // The row is there already: the target refuses it a second time, which is what there is to say.
                return Self.write(.uuid(uuid), asText: asText, &output)
            }
            let uuid = self.generated ?? self.generate(false)
            self.generated = uuid
            return Self.write(.uuid(uuid), asText: asText, &output)
        case .generated(let isTimeOrdered, let asText):
            let uuid = self.generated ?? self.generate(isTimeOrdered)
            self.generated = uuid
            return Self.write(.uuid(uuid), asText: asText, &output)
        case .reference(let index):
            return self.writeReference(column, index, input, &output)
        case .map(let index):
            return self.writeMap(column, index, input, &output)
        case .json(let index):
            return self.writeJSON(column, index, input, &output)
        }
    }

    private mutating func writeText(
        _ column: Int,
        _ index: Int,
        _ maximum: Int,
        _ truncates: Bool,
        _ input: RawSpan,
        _ output: inout UnsafeByteBuffer
    ) -> FieldVerdict {
        let field = self.reader.fields[index]
        if field.isNull { return Self.writeNull(&output) }
        var text = Self.bytes(field, of: input)
        if text.byteCount > maximum, let cut = Self.offset(ofCharacter: maximum, in: text) {
            // Like `varchar(n)`: what is only spaces beyond the limit is cut without a word.
            guard truncates || Self.isBlank(text, from: cut) else { return .tooLong }
            self.note(column, .truncated)
            text = text.extracting(0..<cut)
        }
        output.append(integer: Int32(text.byteCount))
        self.append(text, at: field.start, &output)
        return .value
    }

    /// Writes a field's length and leaves its bytes in the input.
    @inline(never)
    private mutating func leave(_ field: TupleReader.Field, _ output: inout UnsafeByteBuffer) -> FieldVerdict {
        output.append(integer: Int32(field.length))
        self.segments.append(InputSegment(offset: output.count, range: field.start..<(field.start + field.length)))
        return .value
    }

    /// Appends bytes, or leaves them where they stand in the input, if they do and are large.
    mutating func append(_ bytes: RawSpan, at start: Int?, _ output: inout UnsafeByteBuffer) {
        guard bytes.byteCount >= self.largeField, let start else { return output.append(bytes) }
        self.segments.append(InputSegment(offset: output.count, range: start..<(start + bytes.byteCount)))
    }

    /// Where the character behind so many begins, nil where the text is not that long.
    private static func offset(ofCharacter maximum: Int, in text: RawSpan) -> Int? {
        var characters = 0
        for position in 0..<text.byteCount where text.byte(position) & 0xc0 != 0x80 {
            if characters == maximum { return position }
            characters += 1
        }
        return nil
    }

    private static func isBlank(_ text: RawSpan, from start: Int) -> Bool {
        for position in start..<text.byteCount where text.byte(position) != 0x20 { return false }
        return true
    }

    private mutating func writeReference(
        _ column: Int,
        _ index: Int,
        _ input: RawSpan,
        _ output: inout UnsafeByteBuffer
    ) -> FieldVerdict {
        let reference = self.references[index]
        for candidate in reference.alternatives {
            let alternative = self.alternatives[candidate]
            guard self.holds(alternative.condition, input) else { continue }
            let field = self.reader.fields[alternative.input]
            if field.isNull { break }
            guard field.length == 8 else { return .malformed }
            let id = input.integer(field.start, as: Int64.self)
            let resolution =
                reference.isUnchecked
                ? self.parents[alternative.parent].compute(id) : self.parents[alternative.parent].resolve(id)
            self.culprit = (alternative.parent, id)
            guard case .absent = resolution else { return Self.write(resolution, asText: false, &output) }
            return self.writeOrphan(column, alternative.parent, reference.onOrphan, &output)
        }
        return Self.writeNull(&output)
    }

    func holds(_ condition: Int, _ input: RawSpan) -> Bool {
        guard condition >= 0 else { return true }
        let field = self.reader.fields[condition]
        return field.length == 1 && input.byte(field.start) != 0
    }

    private mutating func writeOrphan(
        _ column: Int,
        _ parent: Int,
        _ action: OrphanAction,
        _ output: inout UnsafeByteBuffer
    ) -> FieldVerdict {
        switch action {
        case .reject: return .orphan
        case .fail: return .stop
        case .null:
            self.note(column, .nullOrphan)
            return Self.writeNull(&output)
        case .placeholder(let id):
            self.note(column, .placeholder)
            return Self.write(self.parents[parent].resolve(id), asText: false, &output)
        }
    }

    private mutating func writeMap(
        _ column: Int,
        _ index: Int,
        _ input: RawSpan,
        _ output: inout UnsafeByteBuffer
    ) -> FieldVerdict {
        let start = output.count
        let field = self.reader.fields[self.maps[index].input]
        if field.isNull {
            output.append(self.maps[index].null)
        } else if !self.maps[index].write(Self.bytes(field, of: input), into: &output) {
            guard let otherwise = self.maps[index].otherwise else { return .unmapped }
            self.note(column, .mapDefault)
            output.append(otherwise)
        }
        return output.byte(at: start) == 0xff ? .null : .value
    }

    private func generate(_ isTimeOrdered: Bool) -> UUIDValue {
        isTimeOrdered ? GeneratedUUID.v7(milliseconds: WallClock.milliseconds) : GeneratedUUID.v4()
    }

    mutating func note(_ column: Int, _ kind: RowCounters.Adjustment) {
        self.notes.append(column * RowCounters.Adjustment.allCases.count + kind.rawValue)
    }

    static func writeNull(_ output: inout UnsafeByteBuffer) -> FieldVerdict {
        output.append(integer: Int32(-1))
        return .null
    }

    private static func write(
        _ resolution: ParentEntity.Resolution,
        asText: Bool,
        _ output: inout UnsafeByteBuffer
    ) -> FieldVerdict {
        switch resolution {
        case .absent: return .orphan
        case .pending: return .pending
        case .outOfRange: return .outOfRange
        case .uuid(let uuid):
            if asText {
                output.append(integer: Int32(36))
                output.append(uuid)
            } else {
                output.append(integer: Int32(16), uuid.high, uuid.low)
            }
            return .value
        }
    }

    @_lifetime(copy input)
    static func bytes(_ field: TupleReader.Field, of input: RawSpan) -> RawSpan {
        input.extracting(field.start..<(field.start &+ field.length))
    }

    /// The bytes of a field that is not NULL, for messages.
    func field(_ index: Int, of input: RawSpan) -> [UInt8] {
        let field = self.reader.fields[index]
        return field.isNull ? [] : (field.start..<(field.start + field.length)).map { input.byte($0) }
    }
}

extension UnsafeByteBuffer {
    /// Appends a UUID's 36 characters.
    mutating func append(_ uuid: UUIDValue) {
        for index in 0..<16 {
            if index == 4 || index == 6 || index == 8 || index == 10 { self.append(UInt8(ascii: "-")) }
            let byte = uuid.byte(index)
            self.append(hexadecimalCharacter(byte >> 4))
            self.append(hexadecimalCharacter(byte & 15))
        }
    }
}

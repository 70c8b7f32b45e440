/// The conversions of `Conversion`, each as PostgreSQL 15 decides; a verdict other than `value` leaves no bytes.
enum FieldConversion {
    static func write(_ conversion: Conversion, _ field: RawSpan, into output: inout UnsafeByteBuffer) -> FieldVerdict {
        switch conversion {
        case .text:
            // `RowTransformer` handles text, because a cut value is counted.
            return .malformed
        case .int8ToInt4:
            guard field.byteCount == 8 else { return .malformed }
            guard let value = Int32(exactly: field.integer(0, as: Int64.self)) else { return .outOfRange }
            return self.append(value, &output)
        case .int8ToInt2:
            guard field.byteCount == 8 else { return .malformed }
            guard let value = Int16(exactly: field.integer(0, as: Int64.self)) else { return .outOfRange }
            return self.append(value, &output)
        case .numeric(let precision, let scale):
            guard let fits = NumericField.fits(field, precision: precision, scale: scale) else { return .malformed }
            return fits ? self.append(field, &output) : .outOfRange
        case .microseconds(let decimals):
            guard field.byteCount == 8 else { return .malformed }
            let value = field.integer(0, as: Int64.self)
            let isFinite = value != .max && value != .min
            guard !isFinite || value % self.powerOfTen(6 - decimals) == 0 else { return .outOfRange }
            return self.append(field, &output)
        case .textToInteger(let size):
            return self.writeInteger(field, size: size, into: &output)
        case .textToBool:
            guard let value = TextInput.bool(field) else { return .invalidValue }
            return self.append(UInt8(value ? 1 : 0), &output)
        case .textToUUID:
            guard let value = TextInput.uuid(field) else { return .invalidValue }
            output.append(integer: Int32(16))
            output.append(integer: value.high)
            output.append(integer: value.low)
            return .value
        case .textToDate:
            guard let value = TextInput.date(field) else { return .invalidValue }
            return self.append(value, &output)
        case .arrayElementType(let type):
            guard field.byteCount >= 12 else { return .malformed }
            output.append(integer: Int32(field.byteCount))
            output.append(field.extracting(0..<8))
            output.append(integer: type)
            output.append(field.extracting(12..<field.byteCount))
            return .value
        }
    }

    private static func writeInteger(_ field: RawSpan, size: Int, into output: inout UnsafeByteBuffer) -> FieldVerdict {
        guard let value = TextInput.integer(field) else { return .invalidValue }
        switch size {
        case 2:
            guard let small = Int16(exactly: value) else { return .invalidValue }
            return self.append(small, &output)
        case 4:
            guard let small = Int32(exactly: value) else { return .invalidValue }
            return self.append(small, &output)
        default:
            return self.append(value, &output)
        }
    }

    private static func append<Value: FixedWidthInteger & BitwiseCopyable>(
        _ value: Value,
        _ output: inout UnsafeByteBuffer
    ) -> FieldVerdict {
        output.append(integer: Int32(MemoryLayout<Value>.size))
        output.append(integer: value)
        return .value
    }

    private static func append(_ field: RawSpan, _ output: inout UnsafeByteBuffer) -> FieldVerdict {
        output.append(integer: Int32(field.byteCount))
        output.append(field)
        return .value
    }

    private static func powerOfTen(_ exponent: Int) -> Int64 {
        (0..<max(0, min(exponent, 18))).reduce(1) { power, _ in power * 10 }
    }
}

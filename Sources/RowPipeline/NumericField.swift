/// PostgreSQL's binary `numeric`: count of digits, weight, sign, dscale, then digits of base 10000.
enum NumericField {
    /// Whether `numeric(precision, scale)` holds the value without rounding; nil where the bytes are no numeric.
    ///
    /// NaN fits everywhere, an infinity nowhere (`apply_typmod_special` in `numeric.c`). The scale may be negative or
    /// larger than the precision, as from PostgreSQL 15 on.
    static func fits(_ field: RawSpan, precision: Int, scale: Int) -> Bool? {
        guard field.byteCount >= 8 else { return nil }
        let count = Int(field.integer(0, as: UInt16.self))
        let sign = field.integer(4, as: UInt16.self)
        guard field.byteCount == 8 + 2 * count else { return nil }
        switch sign {
        case 0xc000: return true
        case 0xd000, 0xf000: return false
        case 0x0000, 0x4000: break
        default: return nil
        }
        let weight = Int(field.integer(2, as: Int16.self))
        for index in 0..<count {
            var digit = Int(field.integer(8 + 2 * index, as: Int16.self))
            guard (0..<10_000).contains(digit) else { return nil }
            // The decimal exponent of the digit's last decimal place.
            var exponent = 4 * (weight - index)
            while digit > 0 {
                if digit % 10 != 0 && (exponent < -scale || exponent >= precision - scale) { return false }
                digit /= 10
                exponent += 1
            }
        }
        return true
    }
}

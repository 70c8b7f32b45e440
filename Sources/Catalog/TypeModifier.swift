/// What a built-in type's `atttypmod` means.
///
/// https://www.postgresql.org/docs/15/catalog-pg-attribute.html; the encodings are those of each type's `typmodout`.
enum TypeModifier: Equatable {
    case none
    /// Characters of `varchar` and `char`, bits of `bit` and `varbit`.
    case length(Int)
    case numeric(precision: Int, scale: Int)
    /// Decimals of seconds.
    case decimals(Int)
    case opaque(Int32)

    init(_ type: String, _ modifier: Int32) {
        guard modifier >= 0 else {
            self = .none
            return
        }
        switch type {
        case "varchar", "bpchar":
            self = .length(Int(modifier) - 4)
        case "bit", "varbit":
            self = .length(Int(modifier))
        case "numeric":
            // Precision in the upper half; the scale is 11 bits, signed since PostgreSQL 15.
            let packed = modifier - 4
            let scale = ((packed & 0x7FF) ^ 1024) - 1024
            self = .numeric(precision: Int((packed >> 16) & 0xFFFF), scale: Int(scale))
        case "timestamp", "timestamptz", "time", "timetz":
            self = .decimals(Int(modifier))
        default:
            self = .opaque(modifier)
        }
    }
}

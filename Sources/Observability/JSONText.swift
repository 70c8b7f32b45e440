import Logging

/// JSON as text, without a tree of values in between.
enum JSONText {
    /// A string literal; what would break the line or the terminal is escaped.
    static func string(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case "\u{0}"..<"\u{20}", "\u{7F}"..<"\u{A0}", "\u{2028}", "\u{2029}":
                let digits = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    /// A metadata value; numbers and Booleans stay such.
    static func value(_ value: Logger.MetadataValue) -> String {
        switch value {
        case .string(let text): self.string(text)
        case .stringConvertible(let value): self.scalar(value)
        case .array(let values): "[" + values.map(self.value).joined(separator: ",") + "]"
        case .dictionary(let values):
            "{"
                + values.sorted { $0.key < $1.key }.map { self.string($0.key) + ":" + self.value($0.value) }
                .joined(separator: ",") + "}"
        }
    }

    private static func scalar(_ value: any CustomStringConvertible) -> String {
        switch value {
        case let number as any BinaryInteger: "\(number)"
        case let number as Double where number.isFinite: "\(number)"
        case let truth as Bool: "\(truth)"
        default: self.string(value.description)
        }
    }
}

import ArgumentParser

/// One limit as it is written on the command line: a value, or `off`.
enum ThrottleSetting<Value: Sendable>: Sendable {
    case off
    case value(Value)

    /// Reads a limit.
    ///
    /// - Parameters:
    ///   - text: From the command line.
    ///   - example: What a limit looks like, for the error.
    ///   - parse: Reads the value.
    /// - Returns: The limit, or that there is none.
    /// - Throws: `ValidationError`.
    static func read(_ text: String, example: String, parse: (String) -> Value?) throws -> Self {
        if text == "off" { return .off }
        guard let value = parse(text) else {
            let what = Self.isTooLarge(text, parse) ? "too large" : "no limit"
            throw ValidationError("'\(text)' is \(what); write \(example), or off")
        }
        return .value(value)
    }

    /// Whether it is only the number that can't be taken.
    private static func isTooLarge(_ text: String, _ parse: (String) -> Value?) -> Bool {
        let unit = text.drop { $0.isASCII && $0.isNumber }
        return text.dropLast(unit.count).contains { $0 != "0" } && parse("1\(unit)") != nil
    }

    /// Changes the limit where the option was given.
    static func apply(_ setting: Self?, to limit: inout Value?) {
        switch setting {
        case nil: break
        case .off: limit = nil
        case .value(let value): limit = value
        }
    }
}

/// Quotes a name for use in SQL, whatever it contains.
package func quoteIdentifier(_ name: String) -> String {
    "\"" + doubled("\"", in: name) + "\""
}

/// Quotes a text for use in SQL, with or without `standard_conforming_strings`.
package func quoteLiteral(_ text: String) -> String {
    let quoted = "'" + doubled("'", in: text) + "'"
    return text.utf8.contains(UInt8(ascii: "\\")) ? "E" + doubled("\\", in: quoted) : quoted
}

/// Works on scalars, because a quote followed by a combining mark is one `Character` that is no quote.
private func doubled(_ mark: Unicode.Scalar, in text: String) -> String {
    var result = String.UnicodeScalarView()
    for scalar in text.unicodeScalars {
        if scalar == mark { result.append(mark) }
        result.append(scalar)
    }
    return String(result)
}

/// Bounds on what is read from a peer; what this side sends is clipped or refused by the same ones.
enum Limits {
    /// Fields of the header: a few identifiers.
    static let headerBytes = 4_096
    /// Room for the held leases of a worker with `listed` slots, with progress.
    static let bodyBytes = 512 * 1_024
    /// Objects in arrays in objects are 3 deep; the decoder recurses, so depth is the peer's only with a bound.
    static let nesting = 8
    static let nameBytes = 255
    /// Messages of an error; PostgreSQL's can hold whole statements.
    static let messageBytes = 4_096
    /// Shards made of the rest of one.
    static let parts = 64
    /// Leases of one worker.
    static let listed = 1_024
    /// Rows or bytes of one worker: two gigabytes a second for 13 days, and 4,000 workers add up without overflow.
    static let amount = 1 << 51
    /// Thirty years; `Duration` holds more, but not everything a `Double` can say.
    static let seconds = 1e9

    static func check(_ text: String?, _ field: String, maximum: Int = Limits.nameBytes) throws(ProtocolError) {
        guard (text?.utf8.count ?? 0) <= maximum else {
            throw ProtocolError(.overLimit, "\(field) is longer than \(maximum) bytes")
        }
        // PostgreSQL's text holds every character but this one.
        guard text?.utf8.contains(0) != true else { throw ProtocolError(.invalidValue, "\(field) has a zero byte") }
    }

    static func check(count: Int, _ field: String) throws(ProtocolError) {
        guard count <= self.listed else { throw ProtocolError(.overLimit, "\(field) lists more than \(self.listed)") }
    }

    static func check(amounts values: Int..., field: String) throws(ProtocolError) {
        guard values.allSatisfy({ (0...self.amount).contains($0) }) else {
            throw ProtocolError(.invalidValue, "\(field) is negative or absurd")
        }
    }

    static func check(seconds values: Double..., field: String) throws(ProtocolError) {
        guard values.allSatisfy({ (0...self.seconds).contains($0) }) else {
            throw ProtocolError(.invalidValue, "\(field) is not a length of time")
        }
    }

    static func check(rates values: Double..., field: String) throws(ProtocolError) {
        guard values.allSatisfy({ (0...Double(self.amount)).contains($0) }) else {
            throw ProtocolError(.invalidValue, "\(field) is no rate")
        }
    }

    /// The longest prefix of whole characters within the limit, without zero bytes.
    static func clip(_ text: String, to maximum: Int) -> String {
        let text =
            text.utf8.contains(0) ? String(String.UnicodeScalarView(text.unicodeScalars.filter { $0 != "\0" })) : text
        guard text.utf8.count > maximum else { return text }
        var end = text.startIndex
        var size = 0
        for index in text.unicodeScalars.indices {
            size += UTF8.width(text.unicodeScalars[index])
            guard size <= maximum else { break }
            end = text.unicodeScalars.index(after: index)
        }
        return String(text[..<end])
    }
}

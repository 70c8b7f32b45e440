/// What reading from a COPY found.
package enum CopyRead: Sendable, Equatable {
    /// A limit was reached after so many rows; there may be more.
    case more(rows: Int)
    /// The data ended; `rows` is the count in the server's command tag.
    case end(rows: Int)
}

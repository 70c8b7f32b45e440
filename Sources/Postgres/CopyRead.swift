/// What reading from a COPY found.
package enum CopyRead: Sendable, Equatable {
    /// The limit was reached; there may be more.
    case more
    /// The data ended; `rows` is the count in the server's command tag.
    case end(rows: Int)
}

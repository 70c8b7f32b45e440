/// Bytes of the input that belong into the output and were left where they are.
struct InputSegment: Sendable {
    /// Where they belong: in front of the byte that the output's own memory has at this offset.
    var offset: Int
    /// Where they stand.
    var range: Range<Int>
}

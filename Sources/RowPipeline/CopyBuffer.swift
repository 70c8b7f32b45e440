/// Rows in PostgreSQL's binary COPY format on their way to the target, in memory that is reused from batch to batch.
///
/// Large fields of wide rows are not in it: it refers to where they stand in the input, which must stay as it is until the
/// rows have been sent, with `forEachPiece`.
///
/// https://www.postgresql.org/docs/15/sql-copy.html (Binary Format)
package struct CopyBuffer: ~Copyable {
    var storage: UnsafeByteBuffer
    private var starts: [Int] = []
    private var keys: [Int64] = []
    /// Where the last row ends and a trailer may begin.
    private var rowsEnd = 0
    /// What is to be taken from the input, in order.
    private var segments: [InputSegment] = []
    private var segmentBytes = 0

    /// `PGCOPY\n\377\r\n\0`, no flags, no header extension.
    static let header: [UInt8] = [
        0x50, 0x47, 0x43, 0x4f, 0x50, 0x59, 0x0a, 0xff, 0x0d, 0x0a, 0x00, 0, 0, 0, 0, 0, 0, 0, 0,
    ]

    /// The capacity grows when it has to; 256 KiB is what one `PQputCopyData` should carry.
    package init(capacity: Int = 256 * 1024) {
        self.storage = UnsafeByteBuffer(capacity: capacity)
    }

    /// The size of all that will be sent.
    package var byteCount: Int {
        self.storage.count + self.segmentBytes
    }

    /// Whether bytes of the input are part of the output.
    package var refersToInput: Bool {
        !self.segments.isEmpty
    }

    /// Visits all bytes in their order; `input` is what the rows were made from.
    package func forEachPiece<Failure: Error>(
        of input: RawSpan,
        _ body: (RawSpan) throws(Failure) -> Void
    ) throws(Failure) {
        let own = self.storage.bytes
        var position = 0
        for segment in self.segments {
            try body(own.extracting(position..<segment.offset))
            try body(input.extracting(segment.range))
            position = segment.offset
        }
        try body(own.extracting(position..<own.byteCount))
    }

    package var rowCount: Int {
        self.starts.count
    }

    /// Makes room for so many bytes in all, at once instead of by doubling.
    package mutating func reserve(_ bytes: Int) {
        if self.storage.count < bytes { self.storage.reserve(exactly: bytes - self.storage.count) }
    }

    /// Gives memory back where a wide row has made it larger than so many bytes; only while the buffer is empty.
    package mutating func shrink(to bytes: Int) {
        guard self.storage.capacity > bytes, self.storage.count == 0 else { return }
        self.storage = UnsafeByteBuffer(capacity: bytes)
    }

    /// Forgets everything and keeps the memory.
    package mutating func clear() {
        self.storage.clear()
        self.starts.removeAll(keepingCapacity: true)
        self.keys.removeAll(keepingCapacity: true)
        self.segments.removeAll()
        self.segmentBytes = 0
        self.rowsEnd = 0
    }

    /// Writes the stream's header; only into an empty buffer.
    package mutating func beginCopy() {
        self.storage.append(Self.header)
        self.rowsEnd = self.storage.count
    }

    /// Writes the stream's trailer.
    package mutating func endCopy() {
        self.storage.append(integer: Int16(-1))
    }

    /// The source key of a row, counted from 0 (line N of a server's message is row N - 1).
    package func key(ofRow row: Int) -> Int64 {
        self.keys[row]
    }

    /// Takes a row out, for sending the others again.
    package mutating func removeRow(_ row: Int) {
        let end = row + 1 < self.starts.count ? self.starts[row + 1] : self.rowsEnd
        let size = end - self.starts[row]
        if self.refersToInput { self.removeSegments(in: self.starts[row]..<end) }
        self.storage.remove(self.starts[row]..<end)
        self.starts.remove(at: row)
        self.keys.remove(at: row)
        for later in row..<self.starts.count { self.starts[later] -= size }
        self.rowsEnd -= size
    }

    /// Takes out what a row has in the input.
    private mutating func removeSegments(in row: Range<Int>) {
        // A row begins with its own number of fields, so what stands at its start is the end of the row before it.
        self.segments.removeAll { row.lowerBound < $0.offset && $0.offset <= row.upperBound }
        self.segmentBytes = self.segments.reduce(0) { $0 + $1.range.count }
        for index in self.segments.indices where self.segments[index].offset > row.upperBound {
            self.segments[index].offset -= row.count
        }
    }

    /// The memory that was refused, 0 where none was; room for the trailer is made now, so that only rows can be without.
    mutating func refusedBytes() -> Int {
        self.storage.reserve(Self.trailerBytes)
        return self.storage.refusedBytes
    }

    private static let trailerBytes = 2

    /// Opens a row of so many fields and returns where it begins.
    mutating func beginRow(fields: Int) -> Int {
        let start = self.storage.count
        self.storage.append(integer: Int16(truncatingIfNeeded: fields))
        return start
    }

    /// Keeps the row that began there.
    mutating func keepRow(from start: Int, key: Int64) {
        self.starts.append(start)
        self.keys.append(key)
        self.rowsEnd = self.storage.count
    }

    /// Notes what the row that was kept last has in the input.
    mutating func refer(to segments: [InputSegment]) {
        self.segments += segments
        self.segmentBytes += segments.reduce(0) { $0 + $1.range.count }
    }

    /// Leaves nothing of the row that began there.
    mutating func dropRow(from start: Int) {
        self.storage.truncate(to: start)
    }
}

import Glibc

/// Growing bytes in memory of their own; append checks the room once and then stores.
///
/// The pointer never leaves this file: it is allocated by `init` and `reserve`, freed by `deinit`, and lent only as a
/// `RawSpan` whose lifetime is bound to a borrow of the buffer. `count <= capacity` holds between calls.
struct UnsafeByteBuffer: ~Copyable {
    private var base: UnsafeMutableRawPointer
    private(set) var capacity: Int
    private(set) var count = 0

    init(capacity: Int) {
        self.capacity = max(capacity, 64)
        self.base = malloc(self.capacity)!
    }

    deinit {
        free(self.base)
    }

    var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = RawSpan(_unsafeStart: UnsafeRawPointer(self.base), byteCount: self.count)
            return overrideLifetime(span, borrowing: self)
        }
    }

    /// Makes room for so many bytes more.
    mutating func reserve(_ additional: Int) {
        if self.capacity - self.count < additional { self.grow(additional) }
    }

    /// The same without room to spare.
    mutating func reserve(exactly additional: Int) {
        if self.capacity - self.count < additional { self.move(to: self.count + additional) }
    }

    @inline(never)
    private mutating func grow(_ additional: Int) {
        self.move(to: max(self.capacity * 2, self.count + additional))
    }

    private mutating func move(to larger: Int) {
        // realloc keeps the bytes and may move them; large blocks change their place without being twice in memory.
        guard let memory = realloc(self.base, larger) else { fatalError("no memory for \(larger) bytes of rows") }
        self.base = memory
        self.capacity = larger
    }

    mutating func append(_ byte: UInt8) {
        self.reserve(1)
        self.base.storeBytes(of: byte, toByteOffset: self.count, as: UInt8.self)
        self.count &+= 1
    }

    /// Appends an integer, most significant byte first.
    mutating func append<Value: FixedWidthInteger & BitwiseCopyable>(integer: Value) {
        self.reserve(MemoryLayout<Value>.size)
        self.base.storeBytes(of: integer.bigEndian, toByteOffset: self.count, as: Value.self)
        self.count &+= MemoryLayout<Value>.size
    }

    /// Appends a field of eight bytes, its length before it, with one look at the room.
    mutating func append(integer length: Int32, _ value: UInt64) {
        self.reserve(12)
        self.base.storeBytes(of: length.bigEndian, toByteOffset: self.count, as: Int32.self)
        self.base.storeBytes(of: value.bigEndian, toByteOffset: self.count &+ 4, as: UInt64.self)
        self.count &+= 12
    }

    /// Appends a field of sixteen bytes, its length before it, with one look at the room.
    mutating func append(integer length: Int32, _ high: UInt64, _ low: UInt64) {
        self.reserve(20)
        self.base.storeBytes(of: length.bigEndian, toByteOffset: self.count, as: Int32.self)
        self.base.storeBytes(of: high.bigEndian, toByteOffset: self.count &+ 4, as: UInt64.self)
        self.base.storeBytes(of: low.bigEndian, toByteOffset: self.count &+ 12, as: UInt64.self)
        self.count &+= 20
    }

    mutating func append(_ span: RawSpan) {
        let size = span.byteCount
        self.reserve(size)
        span.withUnsafeBytes { source in
            // `reserve` made the room; source and destination are different allocations.
            if let start = source.baseAddress {
                (self.base + self.count).copyMemory(from: start, byteCount: size)
            }
        }
        self.count &+= size
    }

    mutating func append(_ bytes: [UInt8]) {
        self.append(bytes.span.bytes)
    }

    /// Overwrites four bytes that were appended before.
    mutating func store(_ value: Int32, at offset: Int) {
        precondition(offset >= 0 && offset + 4 <= self.count, "stores inside the buffer only")
        self.base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Int32.self)
    }

    /// Forgets everything behind an offset.
    mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count, "truncates to a shorter length only")
        self.count = count
    }

    /// Takes a range out and closes the gap.
    mutating func remove(_ range: Range<Int>) {
        precondition(range.lowerBound >= 0 && range.upperBound <= self.count, "removes inside the buffer only")
        let rest = self.count - range.upperBound
        memmoveBytes(self.base + range.lowerBound, self.base + range.upperBound, rest)
        self.count -= range.count
    }

    /// `copyMemory` allows the regions to overlap.
    private func memmoveBytes(_ destination: UnsafeMutableRawPointer, _ source: UnsafeMutableRawPointer, _ size: Int) {
        destination.copyMemory(from: source, byteCount: size)
    }
}

/// Binds a value's lifetime to a borrow of its owner, which the compiler cannot derive from a pointer.
@_unsafeNonescapableResult
@_lifetime(borrow owner)
func overrideLifetime<Value: ~Escapable, Owner: ~Copyable>(_ value: Value, borrowing owner: borrowing Owner) -> Value {
    value
}

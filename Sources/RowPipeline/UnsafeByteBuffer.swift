import Glibc

/// Growing bytes in memory of their own; append checks the room once and then stores.
///
/// The pointer never leaves this file: it is allocated by `init` and `reserve`, freed by `deinit`, and lent only as a
/// `RawSpan` whose lifetime is bound to a borrow of the buffer. `count <= capacity` holds between calls.
///
/// Where the system refuses memory, the buffer takes no more and says so (`refusedBytes`): whoever fills it looks once, in
/// the end, so that no append has to be asked whether it went well.
struct UnsafeByteBuffer: ~Copyable {
    /// From malloc where there is a capacity; otherwise no memory, and nobody reads or writes there.
    private var base: UnsafeMutableRawPointer
    private(set) var capacity: Int
    private(set) var count = 0
    /// The memory that was refused, 0 where none was: what is in the buffer is then not what should be.
    private(set) var refusedBytes = 0

    init(capacity: Int) {
        self.base = Self.none
        self.capacity = 0
        if capacity > 0 { _ = self.move(to: capacity, atLeast: capacity) }
    }

    deinit {
        if self.capacity > 0 { free(self.base) }
    }

    /// Stands for no memory, so that the pointer needs no look whether there is one.
    private static var none: UnsafeMutableRawPointer { UnsafeMutableRawPointer(bitPattern: 16)! }

    var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            let span = RawSpan(_unsafeStart: UnsafeRawPointer(self.base), byteCount: self.count)
            return overrideLifetime(span, borrowing: self)
        }
    }

    /// Makes room for so many bytes more.
    ///
    /// - Returns: Whether there is room now.
    @discardableResult
    mutating func reserve(_ additional: Int) -> Bool {
        self.capacity - self.count >= additional || self.grow(additional)
    }

    /// The same without room to spare.
    mutating func reserve(exactly additional: Int) {
        let needed = self.count + additional
        if self.capacity < needed { _ = self.move(to: needed, atLeast: needed) }
    }

    @inline(never)
    private mutating func grow(_ additional: Int) -> Bool {
        let needed = self.count + additional
        return self.move(to: max(self.capacity * 2, needed, 64), atLeast: needed)
    }

    /// Where there is no memory for so much, exactly what is needed may still be there.
    private mutating func move(to larger: Int, atLeast needed: Int) -> Bool {
        // Refused once is refused: what was left out is missing in front of whatever might follow.
        guard self.refusedBytes == 0 else { return false }
        if self.move(to: larger) || (needed < larger && self.move(to: needed)) { return true }
        self.refusedBytes = needed
        return false
    }

    private mutating func move(to larger: Int) -> Bool {
        // realloc keeps the bytes and may move them; large blocks change their place without being twice in memory.
        guard let memory = realloc(self.capacity > 0 ? self.base : nil, larger) else { return false }
        self.base = memory
        self.capacity = larger
        return true
    }

    mutating func append(_ byte: UInt8) {
        guard self.reserve(1) else { return }
        self.base.storeBytes(of: byte, toByteOffset: self.count, as: UInt8.self)
        self.count &+= 1
    }

    /// Appends an integer, most significant byte first.
    mutating func append<Value: FixedWidthInteger & BitwiseCopyable>(integer: Value) {
        guard self.reserve(MemoryLayout<Value>.size) else { return }
        self.base.storeBytes(of: integer.bigEndian, toByteOffset: self.count, as: Value.self)
        self.count &+= MemoryLayout<Value>.size
    }

    /// Appends a field of eight bytes, its length before it, with one look at the room.
    mutating func append(integer length: Int32, _ value: UInt64) {
        guard self.reserve(12) else { return }
        self.base.storeBytes(of: length.bigEndian, toByteOffset: self.count, as: Int32.self)
        self.base.storeBytes(of: value.bigEndian, toByteOffset: self.count &+ 4, as: UInt64.self)
        self.count &+= 12
    }

    /// Appends a field of sixteen bytes, its length before it, with one look at the room.
    mutating func append(integer length: Int32, _ high: UInt64, _ low: UInt64) {
        guard self.reserve(20) else { return }
        self.base.storeBytes(of: length.bigEndian, toByteOffset: self.count, as: Int32.self)
        self.base.storeBytes(of: high.bigEndian, toByteOffset: self.count &+ 4, as: UInt64.self)
        self.base.storeBytes(of: low.bigEndian, toByteOffset: self.count &+ 12, as: UInt64.self)
        self.count &+= 20
    }

    mutating func append(_ span: RawSpan) {
        let size = span.byteCount
        guard self.reserve(size) else { return }
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
        guard offset >= 0 && offset + 4 <= self.count else {
            precondition(self.refusedBytes > 0, "stores inside the buffer only")
            return
        }
        self.base.storeBytes(of: value.bigEndian, toByteOffset: offset, as: Int32.self)
    }

    /// The byte at an offset; 0 where memory was refused for it.
    func byte(at offset: Int) -> UInt8 {
        guard offset >= 0 && offset < self.count else {
            precondition(self.refusedBytes > 0, "reads inside the buffer only")
            return 0
        }
        return self.base.load(fromByteOffset: offset, as: UInt8.self)
    }

    /// Forgets everything, also that memory was refused.
    mutating func clear() {
        self.count = 0
        self.refusedBytes = 0
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

/// A growable buffer of raw bytes that keeps its memory from one batch to the next.
package struct ByteBuffer: ~Copyable {
    /// Owned: allocated with malloc's alignment, replaced only in `reserve`, freed in deinit.
    private var base: UnsafeMutableRawPointer
    /// The bytes there is room for.
    package private(set) var capacity: Int
    /// The bytes in use, from the start.
    package private(set) var count = 0

    /// Allocates room for `capacity` bytes.
    package init(capacity: Int = 64 * 1024) {
        self.capacity = max(capacity, 16)
        self.base = .allocate(byteCount: self.capacity, alignment: 16)
    }

    deinit {
        self.base.deallocate()
    }

    /// Whether no byte is in use.
    package var isEmpty: Bool { self.count == 0 }

    /// The bytes in use.
    package var bytes: RawSpan {
        @_lifetime(borrow self)
        get {
            // The pointer lives as long as `self`, and nobody can mutate `self` while the span borrows it.
            let bytes = UnsafeRawBufferPointer(start: self.base, count: self.count).bytes
            return borrowed(bytes, from: self)
        }
    }

    /// Adds bytes at the end.
    package mutating func append(_ bytes: RawSpan) {
        // The pointer is used only inside the closure.
        bytes.withUnsafeBytes { self.append($0) }
    }

    /// Adds bytes at the end; they must not be part of this buffer.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else { return }
        self.reserve(self.count + bytes.count)
        (self.base + self.count).copyMemory(from: start, byteCount: bytes.count)
        self.count += bytes.count
    }

    /// Forgets the bytes from an offset on.
    package mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count, "a buffer can only be truncated to a part of itself")
        self.count = count
    }

    /// Forgets bytes at the start and moves the rest down.
    package mutating func removeFirst(_ removed: Int) {
        precondition(removed >= 0 && removed <= self.count, "more bytes to remove than there are")
        // copyMemory allows overlapping regions (it is memmove).
        self.base.copyMemory(from: self.base + removed, byteCount: self.count - removed)
        self.count -= removed
    }

    /// Forgets all bytes; a single wide row may have grown the memory, which can then be given back.
    package mutating func removeAll(keepingCapacity: Bool = true) {
        self.count = 0
        if !keepingCapacity { self = ByteBuffer() }
    }

    /// Makes room, at least doubling so that appending stays linear.
    package mutating func reserve(_ needed: Int) {
        guard needed > self.capacity else { return }
        let capacity = max(needed, self.capacity * 2)
        let grown = UnsafeMutableRawPointer.allocate(byteCount: capacity, alignment: 16)
        grown.copyMemory(from: self.base, byteCount: self.count)
        self.base.deallocate()
        self.base = grown
        self.capacity = capacity
    }
}

/// Ties a span to its owner: the compiler cannot know that the owner's pointer lives as long as the owner.
@_unsafeNonescapableResult
@_lifetime(borrow owner)
private func borrowed(_ span: RawSpan, from owner: borrowing ByteBuffer) -> RawSpan {
    span
}

import Glibc

/// A growable buffer of raw bytes that keeps its memory from one batch to the next.
package struct ByteBuffer: ~Copyable {
    /// Owned: comes from malloc, here or in `adopt`; replaced only in `reserve` and `adopt`; freed in deinit.
    private var base: UnsafeMutableRawPointer
    /// The bytes there is room for.
    package private(set) var capacity: Int
    /// The bytes in use, from the start.
    package private(set) var count = 0

    /// Allocates room for `capacity` bytes.
    package init(capacity: Int = 64 * 1024) {
        self.capacity = max(capacity, 16)
        self.base = Self.allocate(self.capacity)
    }

    deinit {
        free(self.base)
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
        let grown = Self.allocate(capacity)
        grown.copyMemory(from: self.base, byteCount: self.count)
        free(self.base)
        self.base = grown
        self.capacity = capacity
    }

    /// Adds bytes that stand at the beginning of memory from malloc, and keeps that memory in place of its own.
    ///
    /// For a row so large that it should not be in memory twice. Nobody else may use or free the pointer from here on.
    mutating func append(adopting bytes: UnsafeMutableRawPointer, count: Int) {
        let whole = self.count + count
        // realloc keeps the bytes and may move them; the old pointer is not used again.
        guard let grown = realloc(bytes, max(whole, 16)) else { fatalError("no memory for a row of \(count) bytes") }
        // copyMemory allows overlapping regions; what was there before stands in another allocation.
        (grown + self.count).copyMemory(from: grown, byteCount: count)
        grown.copyMemory(from: self.base, byteCount: self.count)
        free(self.base)
        self.base = grown
        self.capacity = max(whole, 16)
        self.count = whole
    }

    /// Memory from malloc, which is aligned for every type.
    private static func allocate(_ size: Int) -> UnsafeMutableRawPointer {
        guard let memory = malloc(size) else { fatalError("no memory for a buffer of \(size) bytes") }
        return memory
    }
}

/// Ties a span to its owner: the compiler cannot know that the owner's pointer lives as long as the owner.
@_unsafeNonescapableResult
@_lifetime(borrow owner)
private func borrowed(_ span: RawSpan, from owner: borrowing ByteBuffer) -> RawSpan {
    span
}

import Glibc

/// A growable buffer of raw bytes that keeps its memory from one batch to the next.
package struct ByteBuffer: ~Copyable {
    /// Owned: comes from malloc, here or in libpq; replaced only in `reserve`, `append(adopting:)` and `removeAll`; freed
    /// in deinit; nil until there is something to keep.
    private var base: UnsafeMutableRawPointer?
    /// The bytes there is room for.
    package private(set) var capacity = 0
    /// The bytes in use, from the start.
    package private(set) var count = 0
    /// The room that is made at first.
    private let least: Int

    /// An empty buffer that will take so much memory when the first bytes come.
    package init(capacity: Int = 64 * 1024) {
        self.least = max(capacity, 16)
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
    ///
    /// - Returns: Whether there was memory for them; the buffer is as before where there was none.
    package mutating func append(_ bytes: RawSpan) -> Bool {
        // The pointer is used only inside the closure.
        bytes.withUnsafeBytes { self.append($0) }
    }

    /// Adds bytes at the end; they must not be part of this buffer.
    ///
    /// - Returns: Whether there was memory for them; the buffer is as before where there was none.
    mutating func append(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let start = bytes.baseAddress, bytes.count > 0 else { return true }
        guard self.reserve(self.count + bytes.count), let base = self.base else { return false }
        (base + self.count).copyMemory(from: start, byteCount: bytes.count)
        self.count += bytes.count
        return true
    }

    /// Forgets the bytes from an offset on.
    package mutating func truncate(to count: Int) {
        precondition(count >= 0 && count <= self.count, "a buffer can only be truncated to a part of itself")
        self.count = count
    }

    /// Forgets bytes at the start and moves the rest down.
    package mutating func removeFirst(_ removed: Int) {
        precondition(removed >= 0 && removed <= self.count, "more bytes to remove than there are")
        // copyMemory allows overlapping regions (it is memmove); without memory there is nothing to move.
        if let base = self.base { base.copyMemory(from: base + removed, byteCount: self.count - removed) }
        self.count -= removed
    }

    /// Forgets all bytes; a single wide row may have grown the memory, which can then be given back.
    package mutating func removeAll(keepingCapacity: Bool = true) {
        self.count = 0
        if !keepingCapacity { self.take(nil, capacity: 0) }
    }

    /// Makes room, at least doubling so that appending stays linear.
    ///
    /// - Returns: Whether there is room now; the buffer is as before where there is none.
    package mutating func reserve(_ needed: Int) -> Bool {
        needed <= self.capacity || self.grow(needed)
    }

    private mutating func grow(_ needed: Int) -> Bool {
        // realloc keeps the bytes and may move them; where it fails, what was there stays.
        for capacity in [max(needed, self.least, self.capacity * 2), needed] {
            guard let grown = realloc(self.base, capacity) else { continue }
            self.base = grown
            self.capacity = capacity
            return true
        }
        return false
    }

    /// Adds bytes that stand at the beginning of memory from malloc, and keeps that memory in place of its own.
    ///
    /// For a row so large that it should not be in memory twice. Nobody else may use or free the pointer from here on.
    ///
    /// - Returns: Whether there was memory for them beside what is there; the buffer is as before where there was none.
    mutating func append(adopting bytes: UnsafeMutableRawPointer, count: Int) -> Bool {
        let whole = self.count + count
        if let base = self.base, self.count > 0 {
            // realloc keeps the bytes and may move them; the old pointer is not used again.
            guard let grown = realloc(bytes, whole) else {
                free(bytes)
                return false
            }
            // copyMemory allows overlapping regions; what was there before stands in another allocation.
            (grown + self.count).copyMemory(from: grown, byteCount: count)
            grown.copyMemory(from: base, byteCount: self.count)
            self.take(grown, capacity: whole)
        } else {
            self.take(bytes, capacity: count)
        }
        self.count = whole
        return true
    }

    /// Puts other memory in the place of its own, which nobody uses any more.
    private mutating func take(_ memory: UnsafeMutableRawPointer?, capacity: Int) {
        free(self.base)
        self.base = memory
        self.capacity = capacity
    }
}

/// Ties a span to its owner: the compiler cannot know that the owner's pointer lives as long as the owner.
@_unsafeNonescapableResult
@_lifetime(borrow owner)
private func borrowed(_ span: RawSpan, from owner: borrowing ByteBuffer) -> RawSpan {
    span
}

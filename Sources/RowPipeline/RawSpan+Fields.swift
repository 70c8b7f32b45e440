/// Reads of numbers in network byte order; out of bounds is a programming error and traps.
extension RawSpan {
    func byte(_ offset: Int) -> UInt8 {
        self.unsafeLoad(fromByteOffset: offset, as: UInt8.self)
    }

    func integer<Value: FixedWidthInteger & BitwiseCopyable>(_ offset: Int, as type: Value.Type) -> Value {
        Value(bigEndian: self.unsafeLoadUnaligned(fromByteOffset: offset, as: Value.self))
    }

    /// Whether the bytes at an offset are these.
    func matches(_ bytes: [UInt8], at offset: Int) -> Bool {
        guard self.byteCount - offset >= bytes.count else { return false }
        for index in 0..<bytes.count where self.byte(offset + index) != bytes[index] { return false }
        return true
    }
}

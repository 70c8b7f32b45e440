import Testing

@testable import Scheduling

@Suite struct BatchSizingTests {
    static let kibibyte = 1 << 10
    static let mebibyte = 1 << 20

    @Test func `batches begin as large as the threshold allows`() {
        #expect(BatchSizing(threshold: 256 * Self.mebibyte).bytes == 4 * Self.mebibyte)
        #expect(BatchSizing(threshold: 16 * Self.mebibyte).bytes == Self.mebibyte)
        #expect(BatchSizing(threshold: Self.mebibyte).bytes == 256 * Self.kibibyte)
    }

    @Test func `refusals halve them, and clean ones let them grow back`() {
        var sizing = BatchSizing(threshold: 256 * Self.mebibyte)
        #expect(sizing.wrote(refused: 0, resident: Self.mebibyte) == .none)
        #expect(sizing.wrote(refused: 3, resident: Self.mebibyte) == .shrunk(.refusals))
        #expect(sizing.bytes == 2 * Self.mebibyte)
        #expect(sizing.wrote(refused: 1, resident: Self.mebibyte) == .shrunk(.refusals))
        #expect(sizing.wrote(refused: 1, resident: Self.mebibyte) == .shrunk(.refusals))
        #expect(sizing.bytes == 512 * Self.kibibyte)
        #expect(sizing.wrote(refused: 2, resident: Self.mebibyte) == .none)
        #expect(sizing.bytes == 512 * Self.kibibyte)
        #expect(sizing.wrote(refused: 0, resident: Self.mebibyte) == .grown)
        #expect(sizing.bytes == Self.mebibyte)
        #expect(sizing.wrote(refused: 0, resident: Self.mebibyte) == .grown)
        #expect(sizing.wrote(refused: 0, resident: Self.mebibyte) == .grown)
        #expect(sizing.wrote(refused: 0, resident: Self.mebibyte) == .none)
        #expect(sizing.bytes == 4 * Self.mebibyte)
    }

    @Test func `where even small batches would be refused rows they stay large`() {
        var sizing = BatchSizing(threshold: 256 * Self.mebibyte)
        #expect(sizing.wrote(refused: 17, resident: Self.mebibyte) == .none)
        #expect(sizing.wrote(refused: 16, resident: Self.mebibyte) == .shrunk(.refusals))
        #expect(sizing.wrote(refused: 9, resident: Self.mebibyte) == .grown)
        #expect(sizing.bytes == 4 * Self.mebibyte)
    }

    @Test func `memory over the threshold halves them further, and they grow only well below it`() {
        var sizing = BatchSizing(threshold: 64 * Self.mebibyte)
        #expect(sizing.wrote(refused: 0, resident: 65 * Self.mebibyte) == .shrunk(.memory))
        #expect(sizing.wrote(refused: 0, resident: 60 * Self.mebibyte) == .none)
        #expect(sizing.wrote(refused: 0, resident: 48 * Self.mebibyte) == .grown)
        for _ in 0..<4 { _ = sizing.wrote(refused: 0, resident: 65 * Self.mebibyte) }
        #expect(sizing.bytes == 256 * Self.kibibyte)
        #expect(sizing.wrote(refused: 0, resident: 65 * Self.mebibyte) == .none)
    }

    @Test func `refusals never make a batch larger that memory has made small`() {
        var sizing = BatchSizing(threshold: 64 * Self.mebibyte)
        for _ in 0..<4 { _ = sizing.wrote(refused: 0, resident: 65 * Self.mebibyte) }
        #expect(sizing.wrote(refused: 1, resident: 60 * Self.mebibyte) == .none)
        #expect(sizing.wrote(refused: 5, resident: 60 * Self.mebibyte) == .none)
        #expect(sizing.bytes == 256 * Self.kibibyte)
    }
}

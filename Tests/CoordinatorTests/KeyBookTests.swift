import ControlProtocol
import ControlStore
import FoundationEssentials
import Messaging
import Scheduling
import Testing

@testable import Coordinator

@Suite struct KeyBookTests {
    private let rack = try? CurveKeyPair.random().publicKey
    private let other = try? CurveKeyPair.random().publicKey
    private let process = Incarnation.random()

    private func record(_ name: String, _ key: CurveKey?, revoked: Bool = false) -> KeyRecord {
        KeyRecord(
            name: name,
            publicKey: key?.text ?? "",
            authorisedBy: "operator",
            authorisedAt: .now,
            revokedBy: revoked ? "operator" : nil,
            revokedAt: revoked ? .now : nil
        )
    }

    private func book(_ records: [KeyRecord], owners: [Incarnation: CurveKey] = [:]) -> KeyBook {
        var book = KeyBook(owners: owners)
        book.update(records)
        return book
    }

    private func header(_ worker: String, _ incarnation: Incarnation? = nil) -> MessageHeader {
        MessageHeader(
            run: nil,
            term: nil,
            worker: WorkerName(rawValue: worker),
            incarnation: incarnation ?? self.process,
            sequence: 1
        )
    }

    @Test func `a process is bound to the key it said HELLO with`() {
        var book = self.book([self.record("rack", self.rack), self.record("other", self.other)])
        #expect(book.judge(self.rack, self.header("rack-1"), isHello: false) == .unknownProcess)
        #expect(book.judge(self.rack, self.header("rack-1"), isHello: true) == .accepted)
        #expect(book.judge(self.rack, self.header("rack-1"), isHello: false) == .accepted)
        #expect(book.judge(self.other, self.header("other-1"), isHello: false) == .foreignProcess(key: "other"))
        #expect(book.judge(self.other, self.header("other-1"), isHello: true) == .foreignProcess(key: "other"))
        #expect(book.key(of: self.process) == self.rack)
    }

    @Test(arguments: ["rack", "rack-1", "rack-b"]) func `a key may use its name and what follows a dash`(name: String) {
        var book = self.book([self.record("rack", self.rack)])
        #expect(book.judge(self.rack, self.header(name), isHello: true) == .accepted)
    }

    @Test(arguments: ["other", "other-1", "rackety", "Rack", "rac", "rack.1", "-rack"])
    func `no key may use another name`(name: String) {
        var book = self.book([self.record("rack", self.rack), self.record("other", self.other)])
        #expect(book.judge(self.rack, self.header(name), isHello: true) == .foreignName(key: "rack"))
        #expect(book.key(of: self.process) == nil)
    }

    @Test func `of two names that fit the longer one has it, even when its key was revoked`() {
        var book = self.book([self.record("rack", self.rack), self.record("rack-1", self.other, revoked: true)])
        #expect(book.judge(self.rack, self.header("rack-1-a"), isHello: true) == .foreignName(key: "rack"))
        #expect(book.judge(self.rack, self.header("rack-2"), isHello: true) == .accepted)
    }

    @Test func `nobody without an authorised key is heard`() {
        var book = self.book([self.record("rack", self.rack, revoked: true)])
        #expect(book.judge(nil, self.header("rack"), isHello: true) == .notAuthorised)
        #expect(book.judge(self.other, self.header("rack"), isHello: true) == .notAuthorised)
        #expect(book.judge(self.rack, self.header("rack"), isHello: true) == .notAuthorised)
        #expect(book.authorised == [])
    }

    @Test func `a revoked key's processes are known, its successor's are not among them`() {
        var book = self.book([self.record("rack", self.rack)])
        #expect(book.judge(self.rack, self.header("rack-1"), isHello: true) == .accepted)
        #expect(!book.hasRevocations)
        book.update([self.record("rack", self.other), self.record("rack", self.rack, revoked: true)])
        let successor = Incarnation.random()
        #expect(book.hasRevocations)
        #expect(book.isRevoked(self.process))
        #expect(book.judge(self.rack, self.header("rack-1"), isHello: false) == .notAuthorised)
        #expect(book.judge(self.other, self.header("rack-1", successor), isHello: true) == .accepted)
        #expect(!book.isRevoked(successor))
    }

    @Test func `a new coordinator knows whose the processes are`() throws {
        let rack = try #require(self.rack)
        var book = self.book(
            [self.record("rack", self.rack), self.record("other", self.other)],
            owners: [self.process: rack]
        )
        #expect(book.judge(self.other, self.header("other-1"), isHello: true) == .foreignProcess(key: "other"))
        #expect(book.judge(self.rack, self.header("rack-1"), isHello: false) == .accepted)
    }
}

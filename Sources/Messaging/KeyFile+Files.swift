internal import Glibc

extension KeyFile {
    /// The same rule as libpq's for its keys, but that root's own files must be as closed as anybody's: a file of
    /// root's may be readable by a group where the process is not root, as mounted secrets are.
    static func refuseExposed(_ path: String, _ status: stat) throws(MessagingError) {
        guard status.st_uid == geteuid() || status.st_uid == 0 else {
            throw MessagingError(
                .keyFile,
                "the key file \(path) belongs to another user: chown \(geteuid()) '\(path)' && chmod 600 '\(path)'"
            )
        }
        let isMounted = status.st_uid == 0 && geteuid() != 0
        let forbidden = isMounted ? S_IWGRP | S_IXGRP | S_IRWXO : S_IRWXG | S_IRWXO
        guard status.st_mode & forbidden == 0 else {
            throw MessagingError(
                .keyFile,
                "others can read the secret key file \(path) (mode \(Self.octal(status.st_mode))): chmod 600 '\(path)'"
            )
        }
    }

    /// Makes the directory, or refuses one that is open to others.
    static func prepare(_ directory: String) throws(MessagingError) {
        var made = ""
        for part in directory.split(separator: "/", omittingEmptySubsequences: false) {
            made += made.isEmpty && part.isEmpty ? "/" : (made.isEmpty || made == "/" ? "" : "/") + part
            guard mkdir(made, 0o700) != 0, errno != EEXIST, errno != EISDIR, errno != EROFS, errno != EACCES else {
                continue
            }
            throw Self.system("making the directory \(made)")
        }
        var status = stat()
        guard stat(directory, &status) == 0 else { throw Self.system("looking at the directory \(directory)") }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw MessagingError(.keyFile, "\(directory) is no directory")
        }
        guard status.st_uid == geteuid(), status.st_mode & (S_IRWXG | S_IRWXO) == 0 else {
            throw MessagingError(
                .keyFile,
                "the key directory \(directory) is open to others (mode \(Self.octal(status.st_mode))): chmod 700 '\(directory)'"
            )
        }
    }

    /// Writes a file that must not be there yet.
    static func create(_ path: String, mode: mode_t, _ text: String) throws(MessagingError) {
        let file = open(path, O_CREAT | O_EXCL | O_WRONLY | O_NOFOLLOW | O_CLOEXEC, mode)
        guard file >= 0 else {
            if errno == EEXIST {
                throw MessagingError(.keyFile, "\(path) is there already, and keys are never overwritten: move it away")
            }
            throw Self.system("making \(path)")
        }
        defer { close(file) }
        let bytes = Array(text.utf8)
        guard fchmod(file, mode) == 0, write(file, bytes, bytes.count) == bytes.count, fsync(file) == 0 else {
            throw Self.system("writing \(path)")
        }
    }

    /// The words of a file and their values.
    static func read(_ path: String) throws(MessagingError) -> (values: [String: String], status: stat) {
        let file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else { throw Self.system("opening the key file \(path)") }
        defer { close(file) }
        var status = stat()
        // Of the open file: another one put in its place is not the one that is read.
        guard fstat(file, &status) == 0 else { throw Self.system("looking at the key file \(path)") }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw MessagingError(.keyFile, "the key file \(path) is no regular file")
        }
        var bytes = [UInt8](repeating: 0, count: Self.largestFile)
        let count = Glibc.read(file, &bytes, bytes.count)
        guard count >= 0 else { throw Self.system("reading the key file \(path)") }
        var values: [String: String] = [:]
        for line in String(decoding: bytes.prefix(count), as: UTF8.self).split(whereSeparator: \.isNewline) {
            guard !line.hasPrefix("# ") else { continue }
            let parts = line.split(separator: " ", maxSplits: 1)
            if parts.count == 2 { values[String(parts[0])] = String(parts[1]) }
        }
        return (values, status)
    }

    /// Three lines and a comment; what is longer is something else.
    private static let largestFile = 4_096

    private static func octal(_ mode: mode_t) -> String {
        let digits = String(mode & 0o7777, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    private static func system(_ action: String) -> MessagingError {
        let number = errno
        return MessagingError(.keyFile, MessagingError(number: number, attempting: action).message, errno: number)
    }
}

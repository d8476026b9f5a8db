/// The version of Interpost: what `interpost --version` prints.
///
/// It is `MAJOR.MINOR.PATCH` (semantic versioning), and the first heading in the article on changes. Captures, events and policies
/// have versions of their own.
public enum SoftwareVersion {
    /// The version of this build.
    public static let current = "0.1.0"
}

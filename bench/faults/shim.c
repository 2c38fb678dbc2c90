/* Stands between a program and the system (LD_PRELOAD, Linux): writes down what is done to the files of one folder, and
 * can let the n-th of these calls fail.
 *
 *   NTM_SHIM_FOLDER   the folder, an absolute path without a trailing slash
 *   NTM_SHIM_TRACE    where to write down: one record a call, see `note`; absent: nothing is written down
 *
 * ntm_arm(n, error) lets the n-th call from now that writes, syncs, cuts, makes, renames or removes fail with that errno,
 * and all later ones too where n is negative (a full disk stays full); ntm_count() is how many there were since.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#define MOST 4096
static char *names[MOST]; /* descriptor -> path below the folder */
static const char *folder;
static int trace = -1;
static long armed, counted;
static int failure;

#define REAL(type, name, ...) \
    static type (*real)(__VA_ARGS__); \
    if (!real) real = (type (*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

static ssize_t real_write(int file, const void *data, size_t size) {
    REAL(ssize_t, "write", int, const void *, size_t);
    return real(file, data, size);
}

__attribute__((constructor)) static void begin(void) {
    folder = getenv("NTM_SHIM_FOLDER");
    const char *file = getenv("NTM_SHIM_TRACE");
    if (file) trace = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* The path below the folder, or NULL for one that is elsewhere; the caller frees it. */
static char *inside(int at, const char *path) {
    char whole[PATH_MAX * 2];
    size_t length = folder ? strlen(folder) : 0;
    if (!length || !path) return NULL;
    if (path[0] == '/') snprintf(whole, sizeof whole, "%s", path);
    else if (at == AT_FDCWD) {
        char here[PATH_MAX];
        if (!getcwd(here, sizeof here)) return NULL;
        snprintf(whole, sizeof whole, "%s/%s", here, path);
    } else return NULL;
    if (strncmp(whole, folder, length) || (whole[length] != '/' && whole[length])) return NULL;
    return strdup(whole[length] ? whole + length + 1 : "");
}

static const char *name_of(int file) { return file >= 0 && file < MOST ? names[file] : NULL; }

/* One record: kind, lengths of both names and of the data, offset; then these three. One write: records never mix. */
static void note(char kind, const char *one, const char *other, int64_t offset, const void *data, uint32_t size) {
    if (trace < 0) return;
    uint16_t a = strlen(one), b = other ? strlen(other) : 0;
    size_t whole = 17 + a + b + size;
    char *record = malloc(whole), *at = record;
    *at++ = kind;
    memcpy(at, &a, 2); at += 2;
    memcpy(at, &b, 2); at += 2;
    memcpy(at, &size, 4); at += 4;
    memcpy(at, &offset, 8); at += 8;
    memcpy(at, one, a); at += a;
    if (b) memcpy(at, other, b);
    at += b;
    if (size) memcpy(at, data, size);
    if (real_write(trace, record, whole) != (ssize_t)whole) abort();
    free(record);
}

void ntm_arm(long n, int error) { armed = n; failure = error; counted = 0; }
long ntm_count(void) { return counted; }
void ntm_mark(const char *text) { note('A', "", NULL, 0, text, strlen(text)); }

static int fails(void) {
    counted++;
    if (!armed || (armed > 0 ? counted != armed : counted < -armed)) return 0;
    errno = failure;
    return 1;
}

static int opened(int at, const char *path, int flags, mode_t mode, int (*real)(int, const char *, int, ...)) {
    char *name = inside(at, path);
    struct stat known;
    int is_new = name && (flags & O_CREAT) && fstatat(at, path, &known, 0) != 0;
    if (is_new && fails()) { free(name); return -1; }
    int file = real(at, path, flags, mode);
    if (file < 0 || !name || file >= MOST) { free(name); return file; }
    free(names[file]);
    names[file] = name;
    if (is_new) note('C', name, NULL, 0, NULL, 0);
    else if (flags & O_TRUNC) note('T', name, NULL, 0, NULL, 0);
    return file;
}

#define MODE mode_t mode = 0; if (flags & (O_CREAT | O_TMPFILE)) { va_list rest; va_start(rest, flags); mode = va_arg(rest, mode_t); va_end(rest); }
#define OPENAT REAL(int, "openat64", int, const char *, int, ...)
int open(const char *path, int flags, ...) { MODE OPENAT; return opened(AT_FDCWD, path, flags, mode, real); }
int open64(const char *path, int flags, ...) { MODE OPENAT; return opened(AT_FDCWD, path, flags, mode, real); }
int openat(int at, const char *path, int flags, ...) { MODE OPENAT; return opened(at, path, flags, mode, real); }
int openat64(int at, const char *path, int flags, ...) { MODE OPENAT; return opened(at, path, flags, mode, real); }

int close(int file) {
    REAL(int, "close", int);
    if (file >= 0 && file < MOST) { free(names[file]); names[file] = NULL; }
    return real(file);
}

ssize_t write(int file, const void *data, size_t size) {
    const char *name = name_of(file);
    if (name && fails()) return -1;
    int64_t at = name ? lseek(file, 0, fcntl(file, F_GETFL) & O_APPEND ? SEEK_END : SEEK_CUR) : 0;
    ssize_t done = real_write(file, data, size);
    if (name && done > 0) note('W', name, NULL, at, data, done);
    return done;
}

static ssize_t put(int file, const void *data, size_t size, off_t at) {
    REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
    const char *name = name_of(file);
    if (name && fails()) return -1;
    ssize_t done = real(file, data, size, at);
    if (name && done > 0) note('W', name, NULL, at, data, done);
    return done;
}
ssize_t pwrite(int file, const void *data, size_t size, off_t at) { return put(file, data, size, at); }
ssize_t pwrite64(int file, const void *data, size_t size, off_t at) { return put(file, data, size, at); }

static int cut(int file, off_t size) {
    REAL(int, "ftruncate64", int, off_t);
    const char *name = name_of(file);
    if (name && fails()) return -1;
    int done = real(file, size);
    if (name && !done) note('T', name, NULL, size, NULL, 0);
    return done;
}
int ftruncate(int file, off_t size) { return cut(file, size); }
int ftruncate64(int file, off_t size) { return cut(file, size); }

/* A sync is written down, not carried out: nobody pulls the plug of this machine, and each waits for milliseconds. */
static int synced(int file) {
    const char *name = name_of(file);
    if (name && fails()) return -1;
    if (name) note('S', name, NULL, 0, NULL, 0);
    return 0;
}
int fsync(int file) { return synced(file); }
int fdatasync(int file) { return synced(file); }

int renameat(int at, const char *old, int there, const char *new) {
    REAL(int, "renameat", int, const char *, int, const char *);
    char *from = inside(at, old), *to = inside(there, new);
    int done = from && to && fails() ? -1 : real(at, old, there, new);
    if (from && to && !done) note('R', from, to, 0, NULL, 0);
    free(from);
    free(to);
    return done;
}
int rename(const char *old, const char *new) { return renameat(AT_FDCWD, old, AT_FDCWD, new); }

int unlinkat(int at, const char *path, int flags) {
    REAL(int, "unlinkat", int, const char *, int);
    char *name = inside(at, path);
    int done = name && fails() ? -1 : real(at, path, flags);
    if (name && !done) note('U', name, NULL, 0, NULL, 0);
    free(name);
    return done;
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }

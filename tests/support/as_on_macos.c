/* The calls of macOS that snapsortd makes, with the signatures, numbers and errors of its headers, done by Linux:
   RENAME_EXCL of sys/stdio.h, F_FULLFSYNC of sys/fcntl.h, ENOATTR of sys/errno.h, the calls of sys/xattr.h, and
   ATTR_CMN_ADDEDTIME of sys/attr.h. Anything else ends the process. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

static void expect(int is_so, const char *what) {
    if (!is_so) {
        dprintf(2, "not as documented: %s\n", what);
        _exit(70);
    }
}

int renameatx_np(int from, const char *source, int to, const char *target, unsigned int flags) {
    expect(flags == 0x00000004, "RENAME_EXCL");
    return syscall(SYS_renameat2, from, source, to, target, 1);
}

static int full_syncs = 0;
int count_full_syncs(void) { return full_syncs; }

static int control(int fd, int command, long argument) {
    if (command == 51) {
        full_syncs++;
        return syscall(SYS_fsync, fd);
    }
    return syscall(SYS_fcntl, fd, command, argument);
}
int fcntl(int fd, int command, ...) {
    va_list rest;
    va_start(rest, command);
    long argument = va_arg(rest, long);
    va_end(rest);
    return control(fd, command, argument);
}
int fcntl64(int fd, int command, ...) {
    va_list rest;
    va_start(rest, command);
    long argument = va_arg(rest, long);
    va_end(rest);
    return control(fd, command, argument);
}

static long answer(long result) {
    if (result < 0 && errno == ENODATA) errno = 93;
    return result;
}
static const char *linux_name(const char *name, char *space) {
    snprintf(space, 256, "user.%s", name);
    return space;
}
ssize_t on_macos_fgetxattr(int fd, const char *name, void *value, size_t size, uint32_t position, int options)
    __asm__("fgetxattr");
ssize_t on_macos_fgetxattr(int fd, const char *name, void *value, size_t size, uint32_t position, int options) {
    char space[256];
    expect(position == 0 && options == 0, "fgetxattr(2)");
    return answer(syscall(SYS_fgetxattr, fd, linux_name(name, space), value, size));
}
int on_macos_fsetxattr(int fd, const char *name, const void *value, size_t size, uint32_t position, int options)
    __asm__("fsetxattr");
int on_macos_fsetxattr(int fd, const char *name, const void *value, size_t size, uint32_t position, int options) {
    char space[256];
    expect(position == 0 && options == 0, "fsetxattr(2)");
    return syscall(SYS_fsetxattr, fd, linux_name(name, space), value, size, 0);
}
int on_macos_fremovexattr(int fd, const char *name, int options) __asm__("fremovexattr");
int on_macos_fremovexattr(int fd, const char *name, int options) {
    char space[256];
    expect(options == 0, "fremovexattr(2)");
    return answer(syscall(SYS_fremovexattr, fd, linux_name(name, space)));
}

struct attrlist {
    uint16_t bitmapcount, reserved;
    uint32_t commonattr, volattr, dirattr, fileattr, forkattr;
};
int fgetattrlist(int fd, struct attrlist *wanted, void *buffer, size_t size, unsigned long options) {
    struct { uint32_t length; int64_t seconds, nanoseconds; } __attribute__((packed)) reply = {20, 1700000000, 500000000};
    (void)fd;
    expect(wanted->bitmapcount == 5 && wanted->commonattr == 0x10000000, "ATTR_CMN_ADDEDTIME");
    expect(!wanted->volattr && !wanted->dirattr && !wanted->fileattr && !wanted->forkattr && !options, "attrlist");
    expect(size >= sizeof reply, "the size of the reply");
    memcpy(buffer, &reply, sizeof reply);
    return 0;
}

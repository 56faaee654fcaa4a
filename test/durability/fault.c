/*
 * Preloaded into a recorder: writes to files whose name has KWIND_FAULT_FILE in it fail with the errno KWIND_FAULT_ERRNO once
 * KWIND_FAULT_AFTER bytes went through. What fails once fails from then on, as on a full or broken disk.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

static long long left = -1;

static int is_ours(int fd)
{
	char link[64], name[4096];
	const char *wanted = getenv("KWIND_FAULT_FILE");
	ssize_t length;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, name, sizeof(name) - 1);
	if (!wanted || length < 0)
		return 0;
	name[length] = 0;
	return strstr(name, wanted) != NULL;
}

/* 1 when this write must fail; errno is set then. */
static int fails(int fd, size_t count)
{
	int saved = errno;

	if (!is_ours(fd)) {
		errno = saved;
		return 0;
	}
	if (left < 0)
		left = atoll(getenv("KWIND_FAULT_AFTER"));
	if ((long long)count <= left) {
		left -= count;
		errno = saved;
		return 0;
	}
	left = 0;
	errno = atoi(getenv("KWIND_FAULT_ERRNO"));
	return 1;
}

ssize_t write(int fd, const void *bytes, size_t count)
{
	static ssize_t (*real)(int, const void *, size_t);

	if (!real)
		real = dlsym(RTLD_NEXT, "write");
	return fails(fd, count) ? -1 : real(fd, bytes, count);
}

ssize_t pwrite(int fd, const void *bytes, size_t count, off_t at)
{
	static ssize_t (*real)(int, const void *, size_t, off_t);

	if (!real)
		real = dlsym(RTLD_NEXT, "pwrite");
	return fails(fd, count) ? -1 : real(fd, bytes, count, at);
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off64_t at)
{
	static ssize_t (*real)(int, const void *, size_t, off64_t);

	if (!real)
		real = dlsym(RTLD_NEXT, "pwrite64");
	return fails(fd, count) ? -1 : real(fd, bytes, count, at);
}

int fsync(int fd)
{
	static int (*real)(int);

	if (!real)
		real = dlsym(RTLD_NEXT, "fsync");
	return left == 0 && fails(fd, 1) ? -1 : real(fd);
}

int fdatasync(int fd)
{
	static int (*real)(int);

	if (!real)
		real = dlsym(RTLD_NEXT, "fdatasync");
	return left == 0 && fails(fd, 1) ? -1 : real(fd);
}

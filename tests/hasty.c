/*
 * tchat in a hurry: time for deadlines passes HASTE times as fast, and so it does for what the kernel says
 * of a connection.  Linked with --wrap=clock_gettime and --wrap=getsockopt.
 */
#include <config.h>

#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <time.h>

#define HASTE 20 /* a minute is three seconds */

int __real_clock_gettime(clockid_t clock, struct timespec *time);
int __wrap_clock_gettime(clockid_t clock, struct timespec *time);
int __real_getsockopt(int socket, int level, int option, void *value, socklen_t *size);
int __wrap_getsockopt(int socket, int level, int option, void *value, socklen_t *size);

int
__wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
	int result = __real_clock_gettime(clock, time);
	long long nanoseconds;

	if (result == 0 && clock == CLOCK_MONOTONIC) {
		nanoseconds = (time->tv_sec * 1000000000LL + time->tv_nsec) * HASTE;
		time->tv_sec = (time_t)(nanoseconds / 1000000000);
		time->tv_nsec = (long)(nanoseconds % 1000000000);
	}
	return result;
}

int
__wrap_getsockopt(int socket, int level, int option, void *value, socklen_t *size)
{
	int result = __real_getsockopt(socket, level, option, value, size);
	struct tcp_info *info = value;

	if (result == 0 && level == IPPROTO_TCP && option == TCP_INFO) {
		info->tcpi_last_ack_recv *= HASTE;
		info->tcpi_last_data_recv *= HASTE;
	}
	return result;
}

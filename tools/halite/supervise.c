/* SPDX-License-Identifier: BSD-2-Clause */
#include "supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "agent/protocol.h"
#include "consoles.h"
#include "message.h"
#include "qmp.h"
#include "terminal.h"

/* Milliseconds from the wish that QEMU ends to SIGTERM, SIGKILL, and to leaving output behind. */
#define TERM_AFTER 2000
#define KILL_AFTER 3500
#define DROP_AFTER 4000

/*
 * Bytes of the console that wait for standard output. This process reads no more of the console
 * while there are as many as WAITING_ENOUGH. The rest is for what is in the socket when the machine
 * is reset: that text is from before the reset.
 */
#define WAITING_MAX    (1u << 20)
#define WAITING_ENOUGH (1u << 14)
/* After so many milliseconds without text, the line that has begun is taken for a prompt. */
#define PAUSE 500

/* poll() promises room for so much in a pipe. */
#define WRITE_MAX 4096

/* What poll() looks at beside the consoles of domains. */
#define OWN_FDS 8

#define CTRL_A 1

enum { CONSOLE, CONTROL, EXEC, SOCKETS };

/* [0] is this process's end, [1] is QEMU's. */
static int sockets[SOCKETS][2];

struct session {
	struct supervised *run;
	struct qmp qmp;
	pid_t qemu;
	int signals;
	int console;		  /* -1: QEMU has closed it */
	int out;		  /* where the console goes to */
	bool typing;		  /* standard input has not ended */
	bool commands;		  /* Ctrl-A was typed: the next byte is for QEMU */
	bool is_dead;		  /* QEMU has ended, and is not waited for yet */
	int exec;		  /* socket to the agent; -1: there is none */
	uint8_t head[AGENT_HEAD]; /* of the agent's frame, as far as it is there */
	size_t head_size, frame_left;
	bool deaf; /* nobody can take the console's text any more */
	bool hinted, told_home, told_ready;
	uint64_t started, ending; /* milliseconds; ending is 0 until the run shall end */
	uint64_t drop;		  /* milliseconds; when output is left behind. 0: never */
	uint64_t pause;		  /* milliseconds; when text has paused. 0: it has */
	int killed_by;		  /* signal that this process has sent to QEMU */
	char typed[256];
	size_t typed_size;
	size_t waiting_at, waiting_size;
	char waiting[WAITING_MAX];
	size_t errors_at, errors_size; /* standard error of the command of --exec */
	char errors[WAITING_ENOUGH + WRITE_MAX];
	bool errors_deaf; /* nobody can take it any more */
};

static uint64_t milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

int supervise_options(struct words *words, bool exec, bool iommu)
{
	for (int i = 0; i < SOCKETS; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets[i]) < 0) {
			message("cannot make a socket: %s", strerror(errno));
			return -1;
		}
	}
	words_add(words, "-display");
	words_add(words, "none");
	words_add(words, "-chardev");
	words_add(words, "socket,id=halite-console,mux=on,fd=%d", sockets[CONSOLE][1]);
	words_add(words, "-serial");
	words_add(words, "chardev:halite-console");
	words_add(words, "-mon");
	words_add(words, "chardev=halite-console,mode=readline");
	words_add(words, "-chardev");
	words_add(words, "socket,id=halite-control,fd=%d", sockets[CONTROL][1]);
	words_add(words, "-mon");
	words_add(words, "chardev=halite-control,mode=control");
	if (!exec)
		return 0;
	words_add(words, "-chardev");
	words_add(words, "socket,id=halite-exec,fd=%d", sockets[EXEC][1]);
	words_add_virtio(words, "virtio-serial-pci", iommu);
	words_add(words, "-device");
	words_add(words, "virtserialport,chardev=halite-exec,name=halite.exec");
	return 0;
}

/* Blocks the signals that the run must see, and returns a descriptor to read them from. */
static int take_signals(void)
{
	static const int list[] = { SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGTSTP };
	struct sigaction old;
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++) {
		/*
		 * A shell script has SIGINT ignored in what it starts with &. CI sends SIGINT all
		 * the same. What nohup does must hold.
		 */
		if (list[i] == SIGHUP && sigaction(SIGHUP, NULL, &old) == 0 &&
		    old.sa_handler == SIG_IGN)
			continue;
		signal(list[i], SIG_DFL);
		sigaddset(&set, list[i]);
	}
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
}

static _Noreturn void exec_child(char **argv, pid_t parent)
{
	int null = open("/dev/null", O_RDONLY);
	sigset_t none;

	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(EXIT_FAILURE);
	/* Standard input is the console's, and this process reads it. */
	dup2(null, STDIN_FILENO);
	for (int i = 0; i < SOCKETS; i++)
		fcntl(sockets[i][1], F_SETFD, 0);
	signal(SIGPIPE, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(argv[0], argv);
	message("--qemu '%s': %s", argv[0], strerror(errno));
	_exit(127);
}

static void start(struct session *s, char **argv)
{
	pid_t self = getpid();

	s->qemu = fork();
	if (s->qemu == 0)
		exec_child(argv, self);
	if (s->qemu < 0) {
		message("cannot start a process: %s", strerror(errno));
		exit(EXIT_FAILURE);
	}
	setpgid(s->qemu, s->qemu);
	for (int i = 0; i < SOCKETS; i++)
		close(sockets[i][1]);
	s->console = sockets[CONSOLE][0];
	s->exec = sockets[EXEC][0];
	s->started = milliseconds();
}

/* Whether output of the command of --exec waits for its reader. */
static bool has_output(const struct session *s)
{
	return s->waiting_size || s->errors_size;
}

/*
 * The run shall end, as kind says. What comes first counts, but --expect counts always, and so does
 * what leaves output of the command of --exec behind.
 */
static void end_run(struct session *s, enum end_kind kind, int number)
{
	const enum end_kind before = s->run->end.kind;

	if (before == END_NONE || kind == END_EXPECTED || (before == END_EXEC && has_output(s)))
		s->run->end = (struct end){ kind, number };
	/* A slow reader gets all of the command's output. */
	if (!s->drop && kind != END_EXEC)
		s->drop = milliseconds() + DROP_AFTER;
	if (s->ending)
		return;
	s->ending = milliseconds();
	/* The agent powers off by itself. */
	if (kind != END_EXEC && !s->is_dead && !qmp_quit(&s->qmp)) {
		s->killed_by = SIGTERM;
		kill(-s->qemu, SIGTERM);
	}
}

/* Stops with QEMU until somebody lets this process continue. */
static void stop(struct session *s)
{
	kill(-s->qemu, SIGSTOP);
	terminal_restore();
	raise(SIGSTOP);
	if (!s->run->to_file && !s->run->exec)
		terminal_to_guest();
	kill(-s->qemu, SIGCONT);
}

static void read_signals(struct session *s)
{
	struct signalfd_siginfo info;
	siginfo_t child;

	while (read(s->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGTSTP)
			stop(s);
		else if (info.ssi_signo != SIGCHLD)
			end_run(s, END_SIGNAL, (int)info.ssi_signo);
	}
	child.si_pid = 0;
	/* The process stays a zombie, so its group's number cannot become another group's. */
	if (waitid(P_PID, (id_t)s->qemu, &child, WEXITED | WNOHANG | WNOWAIT) == 0 && child.si_pid)
		s->is_dead = true;
}

static void end_output(struct session *s, int error)
{
	struct end end = { error == EPIPE ? END_CLOSED : END_OUTPUT, error };

	end_run(s, end.kind, error);
	/* The command of --exec has ended, but not all of its output has come out. */
	if (s->run->end.kind == END_EXEC)
		s->run->end = end;
	s->deaf = true;
	s->waiting_size = 0;
}

/* Makes the free part of `waiting` one piece. */
static void make_room(struct session *s)
{
	if (s->waiting_at)
		memmove(s->waiting, s->waiting + s->waiting_at, s->waiting_size);
	s->waiting_at = 0;
}

/* Reads once from a socket. Returns the size, 0 if nothing is there; closes *fd at its end. */
static size_t receive(int *fd, void *bytes, size_t size)
{
	ssize_t got;

	if (*fd < 0)
		return 0;
	got = recv(*fd, bytes, size, MSG_DONTWAIT);
	if (got > 0)
		return (size_t)got;
	if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
		close(*fd);
		*fd = -1;
	}
	return 0;
}

/* The same of `errors`. */
static void make_room_for_errors(struct session *s)
{
	if (s->errors_at)
		memmove(s->errors, s->errors + s->errors_at, s->errors_size);
	s->errors_at = 0;
}

static int write_whole(int fd, const char *bytes, size_t size)
{
	ssize_t put;

	for (; size; size -= (size_t)put, bytes += put) {
		put = write(fd, bytes, size);
		if (put < 0)
			return errno;
	}
	return 0;
}

static void feed(struct session *s, const char *bytes, size_t size)
{
	text_feed(&s->run->text, bytes, size);
	if (size)
		s->pause = milliseconds() + PAUSE;
}

/* Reads once from the console of a guest with the agent. Returns whether it may have more. */
static bool read_console_aside(struct session *s)
{
	char bytes[WRITE_MAX];
	size_t got = receive(&s->console, bytes, sizeof(bytes));
	int error;

	feed(s, bytes, got);
	if (got && s->run->to_file && !s->deaf && (error = write_whole(s->run->file, bytes, got)))
		end_output(s, error);
	return got;
}

/* A piece of the agent's frame has come. */
static void take_frame(struct session *s, const char *bytes, size_t size)
{
	if (s->head[0] == AGENT_STATUS) {
		send(s->exec, bytes, 1, MSG_DONTWAIT | MSG_NOSIGNAL);
		end_run(s, END_EXEC, (uint8_t)bytes[0]);
	} else if (s->head[0] == AGENT_ERR) {
		if (s->errors_deaf)
			return;
		memcpy(s->errors + s->errors_size, bytes, size);
		s->errors_size += size;
	} else if (!s->deaf) {
		memcpy(s->waiting + s->waiting_size, bytes, size);
		s->waiting_size += size;
	}
}

static bool can_take_exec(const struct session *s)
{
	return s->waiting_size < WAITING_ENOUGH && s->errors_size < WAITING_ENOUGH;
}

/* Reads once from the agent. Returns whether it may have more. */
static bool read_exec(struct session *s)
{
	char bytes[WRITE_MAX];
	size_t got, at = 0, size;

	make_room(s);
	make_room_for_errors(s);
	got = can_take_exec(s) ? receive(&s->exec, bytes, sizeof(bytes)) : 0;
	while (at < got) {
		if (s->head_size < AGENT_HEAD) {
			s->head[s->head_size++] = (uint8_t)bytes[at++];
			s->frame_left = s->head[1] | (size_t)s->head[2] << 8;
		} else {
			size = got - at < s->frame_left ? got - at : s->frame_left;
			take_frame(s, bytes + at, size);
			at += size;
			s->frame_left -= size;
		}
		if (s->head_size == AGENT_HEAD && !s->frame_left)
			s->head_size = 0;
	}
	return got;
}

/* Reads once from the console with frames. Returns whether it may have more. */
static bool read_frames(struct session *s, size_t most)
{
	char bytes[WRITE_MAX], *out = s->waiting + s->waiting_size;
	size_t got, used;

	if (s->waiting_size >= most ||
	    sizeof(s->waiting) - s->waiting_size < CONSOLES_TEXT_MAX * sizeof(bytes))
		return false;
	got = receive(&s->console, bytes, sizeof(bytes));
	used = consoles_take(bytes, got, out);
	feed(s, out, used);
	if (!s->deaf)
		s->waiting_size += used;
	return got;
}

/* Reads once from the console. Returns whether it may have more. */
static bool read_console(struct session *s, size_t most)
{
	size_t got;

	if (s->run->exec)
		return read_console_aside(s);
	if (s->run->frames) {
		make_room(s);
		return read_frames(s, most);
	}
	make_room(s);
	if (s->waiting_size >= most)
		return false;
	got = receive(&s->console, s->waiting + s->waiting_size, most - s->waiting_size);
	feed(s, s->waiting + s->waiting_size, got);
	if (!s->deaf)
		s->waiting_size += got;
	return got;
}

static void write_out(struct session *s)
{
	size_t size = s->waiting_size < WRITE_MAX ? s->waiting_size : WRITE_MAX;
	ssize_t put = write(s->out, s->waiting + s->waiting_at, size);

	if (put < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (put < 0) {
		end_output(s, errno);
		return;
	}
	s->waiting_at += (size_t)put;
	s->waiting_size -= (size_t)put;
}

/* Who closes standard error wants none of it. */
static void write_errors(struct session *s)
{
	size_t size = s->errors_size < WRITE_MAX ? s->errors_size : WRITE_MAX;
	ssize_t put = write(STDERR_FILENO, s->errors + s->errors_at, size);

	if (put < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	s->errors_deaf = put < 0;
	s->errors_at += put < 0 ? 0 : (size_t)put;
	s->errors_size -= put < 0 ? s->errors_size : (size_t)put;
}

static void read_typed(struct session *s)
{
	char bytes[sizeof(s->typed) / CONSOLES_INPUT_MAX];
	ssize_t got = read(STDIN_FILENO, bytes, sizeof(bytes));

	for (ssize_t i = 0; i < got; i++)
		s->commands = bytes[i] == CTRL_A && !s->commands;
	if (got > 0 && s->run->frames)
		s->typed_size = consoles_typed(bytes, (size_t)got, s->typed);
	else if (got > 0)
		memcpy(s->typed, bytes, s->typed_size = (size_t)got);
	else if (got == 0 || (errno != EAGAIN && errno != EINTR))
		s->typing = false;
}

static void send_typed(struct session *s)
{
	ssize_t put = send(s->console, s->typed, s->typed_size, MSG_DONTWAIT | MSG_NOSIGNAL);

	if (put > 0) {
		s->typed_size -= (size_t)put;
		memmove(s->typed, s->typed + put, s->typed_size);
	} else if (errno != EAGAIN && errno != EINTR) {
		s->typed_size = 0;
		s->typing = false;
	}
}

static void read_control(struct session *s)
{
	struct supervised *run = s->run;

	qmp_read(&s->qmp);
	if (s->qmp.ready && run->ready && !s->told_ready) {
		s->told_ready = true;
		run->ready(run->context);
	}
	if (s->qmp.resets == run->reboots)
		return;
	run->reboots = s->qmp.resets;
	/* What is in the socket now is from before the reset, but for a little. */
	while (read_console(s, WAITING_MAX))
		;
	if (run->frames) {
		consoles_reset();
		/* It may be the rest of what was typed for a domain, without its key. */
		s->typed_size = 0;
	}
	if (run->text.panicked)
		end_run(s, END_PANIC, 0);
	else
		qmp_no_more_resets(&s->qmp);
}

/* Does what is due now. Returns the milliseconds to what is due next, or -1. */
static int look_at_clock(struct session *s)
{
	uint64_t now = milliseconds();
	uint64_t limit = s->started + (uint64_t)s->run->timeout * 1000;
	uint64_t due;

	if (s->run->timeout && !s->drop && now >= limit)
		end_run(s,
			s->run->text.panicked || s->run->text.domain_panicked ? END_PANIC
									      : END_TIMEOUT,
			0);
	if (!s->ending && !s->run->timeout)
		return -1;
	if (!s->ending)
		return limit - now < 1000000 ? (int)(limit - now) : 1000000;
	due = s->ending + TERM_AFTER;
	if (now >= due && !s->is_dead && !s->killed_by) {
		s->killed_by = SIGTERM;
		kill(-s->qemu, SIGTERM);
	}
	if (now >= due)
		due = s->ending + KILL_AFTER;
	if (now >= due && !s->is_dead && s->killed_by != SIGKILL) {
		s->killed_by = SIGKILL;
		kill(-s->qemu, SIGKILL);
	}
	if (now >= due)
		due = s->drop;
	return now < due ? (int)(due - now) : 100;
}

/* As look_at_clock(), for the pause of the text as well. */
static int look_at_clocks(struct session *s)
{
	int due = look_at_clock(s), left;
	uint64_t now = milliseconds();

	if (!s->pause)
		return due;
	if (now >= s->pause) {
		s->pause = 0;
		text_pause(&s->run->text);
		return 0;
	}
	left = (int)(s->pause - now);
	return due < 0 || left < due ? left : due;
}

static void wait_for_something(struct session *s)
{
	int out_events = s->waiting_size ? POLLOUT : 0;
	struct pollfd fds[OWN_FDS + CONSOLES_FDS] = {
		{ .fd = s->signals, .events = POLLIN },
		{ .fd = s->waiting_size < WAITING_ENOUGH || s->run->exec ? s->console : -1,
		  .events = POLLIN },
		{ .fd = s->qmp.fd, .events = POLLIN },
		{ .fd = s->typing && !s->typed_size ? STDIN_FILENO : -1, .events = POLLIN },
		{ .fd = s->typed_size ? s->console : -1, .events = POLLOUT },
		{ .fd = s->deaf ? -1 : s->out, .events = (short)out_events },
		{ .fd = can_take_exec(s) ? s->exec : -1, .events = POLLIN },
		{ .fd = s->errors_size ? STDERR_FILENO : -1, .events = POLLOUT },
	};
	/* Behind Ctrl-A, and while bytes wait for the console, there is none for a domain. */
	const bool can_type = !s->typed_size && !s->commands && s->console >= 0;
	const size_t more = consoles_poll(fds + OWN_FDS, can_type);

	if (poll(fds, OWN_FDS + more, look_at_clocks(s)) < 0)
		return;
	if (fds[0].revents)
		read_signals(s);
	/* The console is read before QMP: its text is older. */
	if (fds[1].revents)
		read_console(s, WAITING_ENOUGH);
	if (fds[2].revents)
		read_control(s);
	if (fds[3].revents)
		read_typed(s);
	if (fds[4].revents)
		send_typed(s);
	if (more && can_type && !s->typed_size)
		s->typed_size = consoles_read(fds + OWN_FDS, s->typed, sizeof(s->typed));
	else if (more)
		consoles_read(fds + OWN_FDS, NULL, 0);
	if (fds[6].revents)
		read_exec(s);
	if (fds[7].revents)
		write_errors(s);
	if (fds[5].revents & POLLOUT)
		write_out(s);
	else if (fds[5].revents & (POLLERR | POLLHUP))
		end_output(s, EPIPE);
}

/* What is to be done or said when the text has come so far. */
static void look_at_text(struct session *s)
{
	const struct text *text = &s->run->text;

	/* What has come is shown first. */
	if (text->home && s->run->at_home && !s->told_home && !s->waiting_size) {
		s->told_home = true;
		s->run->at_home(text->home);
	}
	if (text->expected)
		end_run(s, END_EXPECTED, 0);
	/* A panic after which the guest does nothing is not an end. */
	if (text->panic_ended && !s->hinted && !s->ending && !s->waiting_size) {
		s->hinted = true;
		message("a kernel has panicked and goes on with nothing; with 'panic=-1' in "
			"--append, a panic of the guest ends the run with status %d",
			EXIT_PANIC);
	}
}

static bool is_over(struct session *s)
{
	if (s->drop && milliseconds() >= s->drop && s->is_dead)
		return true;
	if (!s->is_dead || has_output(s))
		return false;
	return !read_console(s, WAITING_ENOUGH) && !read_exec(s) && !has_output(s);
}

/* How a QEMU that nobody here has asked to end has ended. */
static struct end judge(const struct session *s, int status)
{
	const struct text *text = &s->run->text;
	const char *why = s->qmp.shutdown;

	if (WIFSIGNALED(status))
		return (struct end){ END_QEMU_KILLED, WTERMSIG(status) };
	if (!strcmp(why, "guest-panic"))
		return (struct end){ END_FAILED,
				     WEXITSTATUS(status) ? WEXITSTATUS(status) : EXIT_FAILURE };
	if (WEXITSTATUS(status))
		return (struct end){ END_QEMU_FAILED, WEXITSTATUS(status) };
	if (!strcmp(why, "host-signal"))
		return (struct end){ END_QEMU_KILLED, SIGTERM };
	if (text->start && !text->started)
		return (struct end){ END_NOT_STARTED, 0 };
	if (!strcmp(why, "guest-reset"))
		return (struct end){ text->panicked ? END_PANIC : END_REBOOT, 0 };
	if (s->run->exec)
		return (struct end){ END_NO_EXEC, 0 };
	if (text->wait && !text->expected)
		return (struct end){ END_UNSEEN, 0 };
	if (text->agent[0])
		return (struct end){ END_AGENT, 0 };
	if (text->domain_panicked)
		return (struct end){ END_PANIC, 0 };
	if (text->domain_failed)
		return (struct end){ END_DOMAIN_FAILED, 0 };
	return (struct end){ !strcmp(why, "host-qmp-quit") ? END_QUIT : END_OFF, 0 };
}

/* Another open file of the same terminal, so that nobody else's writes become non-blocking. */
static int open_output(void)
{
	int fd = -1;

	if (isatty(STDOUT_FILENO))
		fd = open("/proc/self/fd/1", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	return fd < 0 ? STDOUT_FILENO : fd;
}

void supervise(struct supervised *run, char **argv)
{
	static struct session session;
	struct session *s = &session;
	int status = 0;

	s->run = run;
	s->typing = !run->to_file && !run->exec;
	s->signals = take_signals();
	s->out = run->to_file && !run->exec ? run->file : open_output();
	/* The first words wait in the socket until QEMU reads them. */
	qmp_begin(&s->qmp, sockets[CONTROL][0]);
	if (run->one_boot)
		qmp_no_more_resets(&s->qmp);
	start(s, argv);
	if (s->typing)
		terminal_to_guest();
	while (!is_over(s)) {
		wait_for_something(s);
		look_at_text(s);
	}
	while (qmp_read(&s->qmp))
		;
	kill(-s->qemu, SIGKILL);
	while (waitpid(s->qemu, &status, 0) < 0 && errno == EINTR)
		;
	run->seconds = (double)(milliseconds() - s->started) / 1000;
	terminal_restore();
	/* Nobody reads standard error: a message would wait there for ever. */
	if (s->errors_size)
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
	/* QEMU tells of a reset that ends it as of a shutdown. */
	run->reboots += !strcmp(s->qmp.shutdown, "guest-reset");
	text_pause(&run->text);
	look_at_text(s);
	if (run->end.kind == END_NONE)
		run->end = judge(s, status);
}

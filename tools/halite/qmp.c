/* SPDX-License-Identifier: BSD-2-Clause */
#include "qmp.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* Returns false if QEMU does not read any more. */
static bool say(struct qmp *qmp, const char *command)
{
	ssize_t size = (ssize_t)strlen(command);

	return qmp->fd >= 0 &&
	       send(qmp->fd, command, (size_t)size, MSG_NOSIGNAL | MSG_DONTWAIT) == size;
}

void qmp_begin(struct qmp *qmp, int fd)
{
	qmp->fd = fd;
	/* QEMU obeys no other command before this one. */
	say(qmp, "{\"execute\":\"qmp_capabilities\"}\n");
}

static void take_message(struct qmp *qmp)
{
	json_t *message = json_loadb(qmp->line, qmp->length, 0, NULL);
	const char *event = json_string_value(json_object_get(message, "event"));
	json_t *data = json_object_get(message, "data");
	const char *reason = json_string_value(json_object_get(data, "reason"));

	if (json_object_get(message, "QMP"))
		qmp->ready = true;
	if (event && reason && !strcmp(event, "SHUTDOWN") && !qmp->shutdown[0])
		snprintf(qmp->shutdown, sizeof(qmp->shutdown), "%s", reason);
	if (event && !strcmp(event, "RESET") && json_is_true(json_object_get(data, "guest")))
		qmp->resets++;
	json_decref(message);
}

bool qmp_read(struct qmp *qmp)
{
	char bytes[4096];
	ssize_t got;

	if (qmp->fd < 0)
		return false;
	got = recv(qmp->fd, bytes, sizeof(bytes), MSG_DONTWAIT);
	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (got <= 0) {
		close(qmp->fd);
		qmp->fd = -1;
		return false;
	}
	for (ssize_t i = 0; i < got; i++) {
		if (qmp->length < sizeof(qmp->line))
			qmp->line[qmp->length++] = bytes[i];
		if (bytes[i] == '\n') {
			take_message(qmp);
			qmp->length = 0;
		}
	}
	return true;
}

void qmp_no_more_resets(struct qmp *qmp)
{
	say(qmp, "{\"execute\":\"set-action\",\"arguments\":{\"reboot\":\"shutdown\"}}\n");
}

bool qmp_quit(struct qmp *qmp)
{
	return say(qmp, "{\"execute\":\"quit\"}\n");
}

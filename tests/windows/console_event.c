/* console_event IMAGE EVENT BUDGET_MS

   Does to the newest process of that image what the console host does when something happens to its window: a new thread
   in the process runs its handlers (0 Ctrl+C, 1 Ctrl+Break, 2 the X, 5 log-off, 6 shutdown). After the X, a log-off or a
   shutdown the process is ended when a handler returns or the budget is spent, whichever comes first.

   Prints what came first, after how many milliseconds, and the exit code: `ended 812 0`, `returned 3 0`, `killed 5000 …`. */
#include <windows.h>
#include <tlhelp32.h>
#include <stdio.h>
#include <stdlib.h>

static DWORD newest(const char *image)
{
    PROCESSENTRY32 entry = {.dwSize = sizeof entry};
    HANDLE all = CreateToolhelp32Snapshot(TH32CS_SNAPPROCESS, 0);
    DWORD found = 0;
    for (BOOL more = Process32First(all, &entry); more; more = Process32Next(all, &entry))
        if (lstrcmpiA(entry.szExeFile, image) == 0)
            found = entry.th32ProcessID;
    CloseHandle(all);
    return found;
}

static FARPROC handlers(void)
{
    FARPROC found = GetProcAddress(GetModuleHandleA("kernel32"), "CtrlRoutine");
    return found ? found : GetProcAddress(GetModuleHandleA("kernelbase"), "CtrlRoutine");
}

static int fail(const char *what)
{
    fprintf(stderr, "console_event: %s (error %lu)\n", what, GetLastError());
    return 2;
}

int main(int argc, char **argv)
{
    if (argc != 4)
        return fail("usage: console_event IMAGE EVENT BUDGET_MS");
    DWORD event = atoi(argv[2]), budget = atoi(argv[3]);
    HANDLE process = OpenProcess(PROCESS_ALL_ACCESS, FALSE, newest(argv[1]));
    if (!process)
        return fail("no such process");
    FARPROC routine = handlers();
    if (!routine)
        return fail("this system keeps its handlers elsewhere");

    ULONGLONG began = GetTickCount64();
    HANDLE thread = CreateRemoteThread(process, NULL, 0, (LPTHREAD_START_ROUTINE)routine, (void *)(ULONG_PTR)event, 0, NULL);
    if (!thread)
        return fail("no thread in that process");
    const char *how = "ended";
    if (event < 2) { /* A handler that returns is no end. */
        if (WaitForSingleObject(process, budget) == WAIT_TIMEOUT)
            how = "goes_on";
    } else {
        HANDLE either[] = {process, thread};
        DWORD first = WaitForMultipleObjects(2, either, FALSE, budget);
        if (first == WAIT_TIMEOUT)
            how = "killed";
        else if (first != WAIT_OBJECT_0 && WaitForSingleObject(process, 50) == WAIT_TIMEOUT)
            how = "returned"; /* A process that ends takes its threads down just before. */
    }
    ULONGLONG took = GetTickCount64() - began;
    if (strcmp(how, "ended") != 0)
        TerminateProcess(process, 0xC000013A);
    WaitForSingleObject(process, INFINITE);
    DWORD code = 0;
    GetExitCodeProcess(process, &code);
    printf("%s %llu %lu\n", how, took, code);
    return 0;
}
